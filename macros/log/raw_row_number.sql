{# What orders the rows of an existing table, so that of users or pings with one id the first is kept.

   given: its column raw_row_number, quoted; none where it has none. DuckDB keeps the order of a table's rows, others
   do not: there the number is then null, and raw_row_order goes by the text of the rows. #}
{% macro raw_row_number(given) -%}
    {%- if given -%}
        cast({{ given }} as bigint)
    {%- else -%}
        {{ adapter.dispatch('raw_row_number', 'pingtop')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__raw_row_number() -%}
    cast(null as bigint)
{%- endmacro %}

{% macro duckdb__raw_row_number() -%}
    row_number() over ()
{%- endmacro %}
