{# A value as a sentence says it: a whole number, a percentage such as 12.3 %, or a ratio such as 0.123.

   value: an expression, not below 0; there is a column `unit`. #}
{% macro alert_value_text(value) -%}
    {%- set thousands = 'cast(floor(' ~ value ~ ' * 1000 + 0.5) as bigint)' -%}
    {%- set count = 'cast(floor(' ~ value ~ ' + 0.5) as bigint)' -%}
    {{ alert_by_unit(
        'cast(' ~ count ~ ' as ' ~ dbt.type_string() ~ ')',
        "concat(cast(floor(" ~ thousands ~ " / 10.0) as bigint), '.', mod(" ~ thousands ~ ", 10), ' %')",
        "concat(cast(floor(" ~ thousands ~ " / 1000.0) as bigint), '.', substr(cast(1000 + mod(" ~ thousands ~ ", 1000) as "
            ~ dbt.type_string() ~ "), 2, 3))",
    ) }}
{%- endmacro %}
