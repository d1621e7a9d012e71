{# Last run hook before the first model, on Spark only: clears what a killed build left behind. Spark writes a table's files before it
   knows the table; where a build is killed between the two, the files are no table's, and Spark makes no table over them
   (LOCATION_ALREADY_EXISTS). So the folder of each table that is about to be built and is not there is emptied first; but not of one
   that is made of others that are not there either, since it cannot have been written yet. (It can, where a second build was killed
   while it wrote one of these anew: the next build clears that one, stops at the other, and the one after it clears the other. It is
   not worth two statements for every table that a first build had not come to.)

   It is the folder that the table itself would get, in its schema's own place, and never one of a table that is there: the
   catalogue is asked once more. In an empty warehouse, as in one that has all tables, there is nothing to ask.

   SQL cannot delete files, but Spark deletes the folder of a schema with the schema: one is made in that place, and dropped. #}
{% macro clear_folders() -%}
    {{ adapter.dispatch('clear_folders', 'pingtop')() }}
{%- endmacro %}

{% macro default__clear_folders() %}{% endmacro %}

{# its tables are in folders with names of their own #}
{% macro databricks__clear_folders() %}{% endmacro %}

{% macro spark__clear_folders() -%}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set stored = graph.nodes.values() | selectattr('config.materialized', 'in', ['table', 'incremental', 'seed', 'view']) | list %}
    {% set absent, missing = [], {} %}
    {% for node in stored if not adapter.get_relation(database=none, schema=node.schema, identifier=node.alias) %}
        {% do absent.append(node.unique_id) %}
    {% endfor %}
    {% for node in stored if node.unique_id in absent and node.unique_id in selected_resources
        and node.config.materialized != 'view' and not node.config.get('location_root')
        and (node.config.get('file_format') or 'parquet') in ['parquet', 'delta']
        and not node.get('depends_on', {}).get('nodes', []) | select('in', absent) | list %}
        {% do missing.setdefault(node.schema, []).append(node.alias | lower) %}
    {% endfor %}
    {% for schema, names in missing.items() if absent | length < stored | length %}
        {% set known = run_query('show tables in ' ~ schema).columns['tableName'].values() %}
        {% set facts = run_query('describe schema ' ~ schema).rows %}
        {% set place = facts | selectattr(0, 'equalto', 'Location') | map(attribute=1) | first %}
        {#- a place is told as a URI: one with a letter that is written otherwise there is left alone -#}
        {% for name in names if place and '%' not in place and name not in known %}
            {% set made = 'pingtop_cleared_' ~ schema ~ '_' ~ name %}
            {% set folder = place ~ '/' ~ name %}
            {% call statement() %}create schema if not exists {{ made }} location {{ sql_text(folder) }}{% endcall %}
            {% call statement() %}drop schema {{ made }} cascade{% endcall %}
        {% endfor %}
    {% endfor %}
{%- endmacro %}
