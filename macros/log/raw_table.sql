{# The user's raw table in the database, as a relation; none where it is not there. table: one of raw_contract. #}
{% macro raw_table(table) %}
    {% set place = namespace(database=none, schema=raw_schema()) %}
    {% for source in graph.sources.values() if source.source_name == 'raw_tables' and source.name == table %}
        {% set place.database = source.database %}
    {% endfor %}
    {{ return(adapter.get_relation(database=place.database, schema=place.schema, identifier=table)) }}
{% endmacro %}
