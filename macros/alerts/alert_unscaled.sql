{# What a place on the scale of alert_scaled is as a value; null for null, which greatest and least pass over. scaled: an expression; there is a column `unit`. #}
{% macro alert_unscaled(scaled) -%}
    {%- set angle = 'greatest(0.0, least(' ~ scaled ~ ', 1.5707963267948966))' -%}
    case when {{ scaled }} is not null then {{ alert_by_unit(
        'greatest(exp(least(' ~ scaled ~ ', 100.0)) - 0.5, 0.0)',
        'sin(' ~ angle ~ ') * sin(' ~ angle ~ ')',
        'exp(least(' ~ scaled ~ ', 100.0))',
    ) }} end
{%- endmacro %}
