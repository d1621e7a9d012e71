{# An id without what tools change in ids: letters in another case, zeros in front, a fraction of zero behind. id: a text expression. #}
{% macro plain_id(id) -%}
    lower(trim(leading '0' from case
        when {{ id }} like '%.0' then substr({{ id }}, 1, length({{ id }}) - 2)
        else {{ id }}
    end))
{%- endmacro %}
