{# DuckDB only: a path as a pattern that only it matches: DuckDB takes *, ? and [ in paths for patterns. path: the text. #}
{% macro literal_path(path) %}
    {{ return(modules.re.sub('([*?]|\\[)', '[\\1]', path)) }}
{% endmacro %}
