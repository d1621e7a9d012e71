{# A hash of several columns as one integer, to find rows that may be equal; equal rows have equal hashes (nulls
   count as equal), different rows almost never. columns: list of expressions. #}
{% macro row_hash(columns) -%}
    {{ adapter.dispatch('row_hash', 'pingtop')(columns) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
