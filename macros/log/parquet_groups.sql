{# DuckDB only: groups Parquet files by their columns, since each file of a folder may have its own. Uniting them in
   one scan would change values: a whole number becomes a double beside a file that has doubles in that column.

   table: one of raw_contract. files: list of paths.
   Returns a list of {'columns': [{'name', 'dtype'}], 'files': [paths]}. A file that is not Parquet stops the run. #}
{% macro parquet_groups(table, files) %}
    {% for file in files if not adapter.location_exists(dbt.escape_single_quotes(file)) %}
        {% do exceptions.raise_compiler_error(
            file ~ " cannot be read as Parquet (it is damaged, incomplete or something else): write or copy it again, "
            ~ "or take it away."
        ) %}
    {% endfor %}
    {% set groups = [] %}
    {% if files %}
        {% set grouped = run_query(
            "select list(file_name order by file_name) from ("
            ~ "select file_name, list((name, duckdb_type, num_children) order by column_id) as columns"
            ~ " from parquet_schema(" ~ path_list(files) ~ ") where column_id > 0 group by file_name"
            ~ ") as schemas group by columns order by 1"
        ) %}
        {% for listed_files in grouped.columns[0].values() %}
            {% set group_files = fromjson(listed_files) %}
            {% set columns = describe_columns(parquet_scan(group_files)) %}
            {% do match_raw_columns(table, columns | map(attribute='name') | list, group_files[0]) %}
            {% do groups.append({'columns': columns, 'files': group_files}) %}
        {% endfor %}
    {% endif %}
    {{ return(groups) }}
{% endmacro %}
