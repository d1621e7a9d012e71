{# A query that gives the runs of dbt that have built this warehouse, with the columns of build_history. Only DuckDB records them:
   elsewhere it gives no row. #}
{% macro recorded_builds() %}
    {{ return(adapter.dispatch('recorded_builds', 'pingtop')()) }}
{% endmacro %}

{% macro default__recorded_builds() %}
    {%- set types = {'varchar': dbt.type_string(), 'double': type_double()} -%}
    {%- set columns = [] -%}
    {%- for name, type in build_columns().items() -%}
        {%- do columns.append('cast(null as ' ~ types.get(type, type) ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{ return('select ' ~ columns | join(', ') ~ ' where false') }}
{% endmacro %}

{% macro duckdb__recorded_builds() %}
    {%- if execute -%}{%- do create_builds() -%}{%- endif -%}
    {{ return('select ' ~ build_columns().keys() | join(', ') ~ ' from ' ~ intake_table('builds')) }}
{% endmacro %}
