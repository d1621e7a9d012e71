{# Passes where every text is a finite number. #}
{% test is_finite_number(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ safe_double(column_name) }} is null
        or not {{ is_finite(safe_double(column_name)) }}
{% endtest %}
