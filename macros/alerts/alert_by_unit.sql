{# An expression for each unit of what alerts look at, over a column `unit`: count, share or ratio. #}
{% macro alert_by_unit(count, share, ratio) -%}
    case
        when unit = 'count' then {{ count }}
        when unit = 'share' then {{ share }}
        else {{ ratio }}
    end
{%- endmacro %}
