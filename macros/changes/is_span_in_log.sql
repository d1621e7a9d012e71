{# Whether the log reaches back to the beginning of a span; of spans of whole days, to that day. starts_at, first_event: expressions. #}
{% macro is_span_in_log(starts_at, first_event) -%}
    {%- if is_explaining() -%}
    cast({{ first_event }} as date) <= cast({{ starts_at }} as date)
    {%- else -%}
    {{ first_event }} <= {{ starts_at }}
    {%- endif -%}
{%- endmacro %}
