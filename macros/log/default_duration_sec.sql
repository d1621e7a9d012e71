{# The length in seconds of a video of which nothing is known, as a double. #}
{% macro default_duration_sec() -%}
    cast({{ var('default_duration_sec') }} as {{ type_double() }})
{%- endmacro %}
