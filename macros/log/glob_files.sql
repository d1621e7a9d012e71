{# DuckDB only: the files that match any of the patterns, sorted, each once. patterns: list of DuckDB's glob patterns. #}
{% macro glob_files(patterns) %}
    {% set parts = [] %}
    {% for pattern in patterns %}
        {% do parts.append("select file from glob(" ~ sql_text(pattern) ~ ")") %}
    {% endfor %}
    {#- the equals sign keeps a path what it is: dbt would turn a text such as 1 into another value -#}
    {% set paths = [] %}
    {% for path in run_query("select '=' || file as path from (" ~ parts | join(' union ') ~ ") as files order by file").columns[0].values() %}
        {% do paths.append(path[1:]) %}
    {% endfor %}
    {{ return(paths) }}
{% endmacro %}
