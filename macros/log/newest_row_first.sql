{# The order of raw rows of users or pings among those with one id, as what follows `order by`: the last updated one first, else the
   last one of the source. Needs updated_at, raw_row_number and raw_row. #}
{% macro newest_row_first() -%}
    {{ adapter.dispatch('newest_row_first', 'pingtop')() }}
{%- endmacro %}

{% macro default__newest_row_first() -%}
    {#- a table here has no order of its own: its last row is the last by the text -#}
    updated_at desc nulls last, raw_row_number desc nulls last, {{ in_byte_order('raw_row') }} desc nulls last
{%- endmacro %}

{% macro duckdb__newest_row_first() -%}
    updated_at desc nulls last, raw_row_number desc
{%- endmacro %}
