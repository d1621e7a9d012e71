{# Run hook at the end: drops the tables and views of models that this code no longer has, and says so. After a run in which
   something failed nothing is dropped: what takes their place may not be there.

   Only what Pingtop has made is looked at: each run notes in raw.made_relations what it made, with its columns. One that has got other
   columns since is somebody's own, and is left alone. Schemas that this run has nothing in are another target's. Tables
   of an option stay where it is only switched off (see options_on).

   results: what dbt knows of the run. #}
{% macro drop_former_relations(results) -%}
    {{ adapter.dispatch('drop_former_relations', 'pingtop')(results) }}
{%- endmacro %}

{% macro default__drop_former_relations(results) %}{% endmacro %}

{% macro duckdb__drop_former_relations(results) -%}
    {% if not execute or not is_building() %}{{ return('') }}{% endif %}
    {% set failed = results | rejectattr('status', 'in', ['success', 'pass', 'warn', 'no-op']) | list %}
    {% if not failed %}
        {% set current, moved, schemas = [], [], [] %}
        {% for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot'] %}
            {% if node.database == target.database %}
                {% do current.append((node.schema ~ '.' ~ node.alias) | lower) %}
                {% do schemas.append(node.schema | lower) if node.package_name == 'pingtop' %}
            {% elif node.package_name == 'pingtop' and node.database == batch_database() %}
                {#- what a run reads of the log is not in the warehouse, where earlier versions had it -#}
                {% do moved.append((node.schema ~ '.' ~ node.alias) | lower) %}
            {% endif %}
        {% endfor %}
        {% for name in former_relations(current, moved, schemas | unique | list) %}
            {{ print(name.sentence) }}
            {% if name.statement %}{% do run_query(name.statement) %}{% endif %}
        {% endfor %}
    {% endif %}
    {% do note_made_relations(results) %}
{%- endmacro %}
