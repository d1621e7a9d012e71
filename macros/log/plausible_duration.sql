{# A length of a video in seconds, null where it can be none: what is not finite, shorter than a millisecond but above 0, or a billion
   seconds and more. Zero and negative lengths are kept as they are (they are taken for not known).

   value: an expression of doubles. #}
{% macro plausible_duration(value) -%}
    case
        when {{ is_finite(value) }} and abs({{ value }}) < 1e9 and ({{ value }} <= 0 or {{ value }} >= 0.001)
            then {{ value }}
    end
{%- endmacro %}
