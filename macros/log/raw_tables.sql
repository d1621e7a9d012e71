{# The tables of the database that hold a raw table, as [{'relation', 'mapping'}]; the relation is none for a seed of the demo.

   table: one of raw_contract. mapped: the sources that the mapping has for it; none where it has none.
   has_files: whether the raw location has files. is_demo: whether the seeds are built. #}
{% macro raw_tables(table, mapped, has_files, is_demo) %}
    {% set tables = [] %}
    {% if is_demo %}
        {{ return([{'relation': none, 'mapping': none}] if table in ['users', 'pings', 'interactions'] else []) }}
    {% endif %}
    {% for source in mapped or [] if source.table %}
        {% set relation = raw_table(source.table) %}
        {% if relation is none %}
            {% do stop_for_mapping("The mapping", "has the table '" ~ source.table ~ "' for " ~ table ~ ", which is not in the database") %}
        {% elif relation in tables | map(attribute='relation') %}
            {% do stop_for_mapping("The mapping", "has two sources of " ~ table ~ " that are the table '" ~ source.table ~ "'") %}
        {% endif %}
        {% do tables.append({'relation': relation, 'mapping': source}) %}
    {% endfor %}
    {% if mapped is none and not has_files and (raw_schema() or raw_location()) %}
        {% set relation = raw_table(table) %}
        {% if relation is not none %}{% do tables.append({'relation': relation, 'mapping': none}) %}{% endif %}
    {% endif %}
    {{ return(tables) }}
{% endmacro %}
