{# Passes where every text that is not blank is a finite number. #}
{% test is_finite_number(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ is_present(column_name) }}
        and not coalesce({{ is_finite(safe_double(column_name)) }}, false)
{% endtest %}
