{# A field inside a column, as {'dtype', 'expression'}; none where there is none.

   column: {'name', 'dtype'}. path: the names inside of it. from_expression: as in nested_columns. #}
{% macro nested_field(column, path, from_expression) %}
    {{ return(adapter.dispatch('nested_field', 'pingtop')(column, path, from_expression)) }}
{% endmacro %}

{% macro duckdb__nested_field(column, path, from_expression) %}
    {% set field = {'dtype': column.dtype, 'expression': quoted_name(column.name)} %}
    {% for name in path if field %}
        {% set inner = {} %}
        {% if field.dtype.startswith('STRUCT') %}
            {% for row in run_query(
                "describe select unnest(" ~ field.expression ~ ") from " ~ from_expression
            ).rows if row[0] == name %}
                {% do inner.update({'dtype': row[1], 'expression': field.expression ~ '.' ~ quoted_name(name)}) %}
            {% endfor %}
        {% elif field.dtype == 'JSON' %}
            {% do inner.update({
                'dtype': 'JSON',
                'expression': "json_extract(" ~ field.expression ~ ", '/" ~ dbt.escape_single_quotes(name) ~ "')",
            }) %}
        {% endif %}
        {% do field.update({'dtype': inner.get('dtype', ''), 'expression': inner.get('expression')}) %}
    {% endfor %}
    {% if field.dtype == 'JSON' and field.expression.startswith('json_extract(') %}
        {% do field.update({'dtype': 'VARCHAR', 'expression': field.expression | replace('json_extract(', 'json_extract_string(', 1)}) %}
    {% endif %}
    {{ return(field if field.expression else none) }}
{% endmacro %}

{% macro postgres__nested_field(column, path, from_expression) %}
    {% if not column.dtype | lower in ['json', 'jsonb'] %}{{ return(none) }}{% endif %}
    {{ return({
        'dtype': 'text',
        'expression': quoted_name(column.name) ~ " #>> '{" ~ dbt.escape_single_quotes(path | join(',')) ~ "}'",
    }) }}
{% endmacro %}

{% macro spark__nested_field(column, path, from_expression) %}
    {% set field = {'dtype': column.dtype, 'expression': quoted_name(column.name)} %}
    {% for name in path if field.expression %}
        {% set inner = {} %}
        {% if field.dtype.lower().startswith('struct') %}
            {% for row in run_query("describe query select " ~ field.expression ~ ".* from " ~ from_expression).rows if row[0] == name %}
                {% do inner.update({'dtype': row[1], 'expression': field.expression ~ '.' ~ quoted_name(name)}) %}
            {% endfor %}
        {% endif %}
        {% do field.update({'dtype': inner.get('dtype', ''), 'expression': inner.get('expression')}) %}
    {% endfor %}
    {{ return(field if field.expression else none) }}
{% endmacro %}
