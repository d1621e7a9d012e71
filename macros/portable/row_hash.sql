{# A hash of several columns as one integer, to find rows that may be equal; equal rows have equal hashes (nulls
   count as equal), different rows almost never. columns: list of expressions. #}
{% macro row_hash(columns) -%}
    {{ adapter.dispatch('row_hash', 'pingtop')(columns) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro postgres__row_hash(columns) -%}
    {#- without its sign, since callers take remainders -#}
    (hash_record_extended(row({{ columns | join(', ') }}), 0) & 9223372036854775807)
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    (xxhash64({{ columns | join(', ') }}) & 9223372036854775807)
{%- endmacro %}
