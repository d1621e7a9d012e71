{# The nested fields that a mapping names by a dot, such as video.id, as columns of a part (file_parts).

   mapping: of the source; none. columns: the source's own. from_expression: what stands after `from`, of DuckDB. Where a part of the
   name is not there, it gives no column, and match_raw_columns says so. #}
{% macro nested_columns(mapping, columns, from_expression) %}
    {% set nested = [] %}
    {% set own = columns | map(attribute='name') | list %}
    {% for name in mapped_names(mapping) if '.' in name and name not in own and name not in nested | map(attribute='name') %}
        {% for column in columns if column.name == name.split('.')[0] %}
            {% set field = nested_field(column, name.split('.')[1:], from_expression) %}
            {% if field %}{% do nested.append(dict(field, name=name)) %}{% endif %}
        {% endfor %}
    {% endfor %}
    {{ return(nested) }}
{% endmacro %}
