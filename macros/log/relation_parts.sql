{# The parts of a raw table that are tables of the database, as file_parts gives them, with the relation besides. A table that lacks a
   vital column stops the run.

   table: one of raw_contract. sources: of raw_sources for it, or of raw_tables. #}
{% macro relation_parts(table, sources) %}
    {% set parts = [] %}
    {% for source in sources if source.get('is_table', true) %}
        {% set relation = source.relation or (ref('raw_' ~ table) if table in ['users', 'pings', 'interactions']) %}
        {% set columns = [] %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do columns.append({
                'name': column.name, 'dtype': column.dtype | string, 'expression': quoted_name(column.name)
            }) %}
        {% endfor %}
        {% set n_own = columns | length %}
        {% do columns.extend(nested_columns(source.mapping, columns, relation | string)) %}
        {% set part = {
            'kind': 'relation', 'relation': relation, 'mapping': source.mapping, 'columns': columns, 'n_own': n_own,
            'where': 'The table ' ~ relation, 'files': [relation.schema ~ '.' ~ relation.identifier],
        } %}
        {% do match_raw_columns(table, columns | map(attribute='name') | list, part.where, part.mapping) %}
        {% do parts.append(part) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}
