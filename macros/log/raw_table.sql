{# A table of the user's database, as a relation; none where it is not there.

   name: `table`, which is in raw_schema, `schema.table` or `database.schema.table`. #}
{% macro raw_table(name) %}
    {% set parts = name.split('.') %}
    {% set place = namespace(database=none, schema=raw_schema() or target.schema) %}
    {% for source in graph.sources.values() if source.source_name == 'raw_tables' %}
        {% set place.database = source.database %}
    {% endfor %}
    {% if raw_location() %}
        {% set place.database = attached_database() %}
        {% set place.schema = raw_schema() or 'main' %}
    {% endif %}
    {% if parts | length > 2 %}{% set place.database = parts[-3] %}{% endif %}
    {% if parts | length > 1 %}{% set place.schema = parts[-2] %}{% endif %}
    {{ return(adapter.get_relation(database=place.database, schema=place.schema, identifier=parts[-1])) }}
{% endmacro %}
