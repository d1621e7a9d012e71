{# DuckDB only, at the end of a run hook: commits what the hooks of this run have written. dbt begins a transaction where it looks
   up columns or does not know a schema yet, and rolls it back after the hooks; it finds another one in its place. #}
{% macro keep_written() %}
    {% if not adapter.disable_transactions() %}
        {% do adapter.ensure_transaction() %}
        {% do run_query("commit") %}
        {% do run_query("begin") %}
    {% endif %}
{% endmacro %}
