{# Passes where every text that is not blank is true or false, in any case. #}
{% test is_true_or_false(model, column_name) %}
    select {{ column_name }}
    from {{ model }}
    where
        {{ is_present(column_name) }}
        and lower({{ clean_text(column_name) }}) not in ('true', 'false')
{% endtest %}
