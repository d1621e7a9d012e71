{# The order of raw rows among those with one id, as what follows `order by`. Needs raw_row_number and raw_row. #}
{% macro raw_row_order() -%}
    {{ adapter.dispatch('raw_row_order', 'pingtop')() }}
{%- endmacro %}

{% macro default__raw_row_order() -%}
    raw_row_number nulls last, {{ in_byte_order('raw_row') }} nulls last
{%- endmacro %}

{% macro duckdb__raw_row_order() -%}
    raw_row_number
{%- endmacro %}
