{# Passes where every value that is not null lies in [least, most]; an infinite or NaN value fails.

   least, most: numbers; none for an open end. #}
{% test in_range(model, column_name, least=none, most=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        not {{ is_finite(column_name) }}
        {%- if least is not none %}
        or {{ column_name }} < {{ least }}
        {%- endif %}
        {%- if most is not none %}
        or {{ column_name }} > {{ most }}
        {%- endif %}
{% endtest %}
