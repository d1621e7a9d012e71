{# What holds the rows of each raw table: {table: [sources]}, a source being a dict with
     source_table  the table
     path          of the file, or schema and name of a table of the database
     is_table      whether it is a table; relation: that table; none for a seed of the demo
     mapping       how it is read: one of raw_mapping; none where by the names of the contract
   A table that nothing holds has an empty list. #}
{% macro raw_sources() %}
    {% set mapping, sources = raw_mapping(), {} %}
    {% set kind = raw_location_kind() if raw_location() else none %}
    {% set has_files = kind in ['folder', 'files'] %}
    {% set is_demo = not (raw_location() or raw_schema() or mapping) %}
    {% set files = list_location_files() if has_files else [] %}
    {% set mapped_logs = [] %}
    {% if has_files %}
        {% for table in ['interactions', 'exposures'] %}
            {% do mapped_logs.extend(file_sources(table, mapping.get(table, []), files) | map(attribute='path')) %}
        {% endfor %}
    {% endif %}
    {% for table in raw_table_names() %}
        {% set found = [] %}
        {% if has_files %}
            {% for source in file_sources(table, mapping.get(table), files, mapped_logs) %}
                {% do found.append({
                    'source_table': table, 'path': source.path, 'is_table': false, 'relation': none, 'mapping': source.mapping
                }) %}
            {% endfor %}
        {% endif %}
        {% for relation in raw_tables(table, mapping.get(table), has_files, is_demo) %}
            {% do found.append({
                'source_table': table, 'is_table': true, 'relation': relation.relation, 'mapping': relation.mapping,
                'path': (relation.relation.schema ~ '.' ~ relation.relation.identifier) if relation.relation
                    else generate_schema_name('raw', none) ~ '.raw_' ~ table,
            }) %}
        {% endfor %}
        {% do sources.update({table: found}) %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}
