{# DuckDB only: the parts of a part of Parquet files, one for each set of columns: uniting them in one scan would change values: a whole
   number becomes a double beside a file that has doubles in that column. part: as in file_parts, without columns. #}
{% macro parquet_parts(part) %}
    {% do check_parquet_files(part.read_from) %}
    {% set parts = [] %}
    {% set grouped = run_query(
        "select list(file_name order by file_name) from ("
        ~ "select file_name, list((name, duckdb_type, num_children) order by column_id) as columns"
        ~ " from parquet_schema(" ~ path_list(part.read_from) ~ ") where column_id > 0 group by file_name"
        ~ ") as schemas group by columns order by 1"
    ) %}
    {% for listed_files in grouped.columns[0].values() %}
        {% set read_from = fromjson(listed_files) %}
        {% set files = [] %}
        {% for path in read_from %}{% do files.append(part.files[part.read_from.index(path)]) %}{% endfor %}
        {% set columns = [] %}
        {% for column in describe_columns(parquet_scan(read_from)) %}
            {% do columns.append({'name': column.name, 'dtype': column.dtype, 'expression': quoted_name(column.name)}) %}
        {% endfor %}
        {% set n_own = columns | length %}
        {% do columns.extend(nested_columns(part.mapping, columns, parquet_scan(read_from))) %}
        {% do parts.append(dict(part, files=files, read_from=read_from, columns=columns, n_own=n_own, where=files[0])) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}
