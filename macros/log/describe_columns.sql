{# DuckDB only: the columns of anything that can stand after `from`, as a list of {'name', 'dtype'}. #}
{% macro describe_columns(from_expression) %}
    {% set columns = [] %}
    {% for row in run_query("describe select * from " ~ from_expression).rows %}
        {% do columns.append({'name': row[0], 'dtype': row[1]}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
