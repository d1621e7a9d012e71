{# As copy_number, where a log is built whole; DuckDB gives 1 to every row, as mark_copies finds the copies when the rows are stored:
   nearly all rows have none, and to look for them costs far less than to number all.

   log: interactions or exposures. #}
{% macro copy_number_at_once(log) -%}
    {{ adapter.dispatch('copy_number_at_once', 'pingtop')(log) }}
{%- endmacro %}

{% macro default__copy_number_at_once(log) -%}
    {{ copy_number(log, within='own_reject_reason') }}
{%- endmacro %}

{% macro duckdb__copy_number_at_once(log) -%}
    1
{%- endmacro %}
