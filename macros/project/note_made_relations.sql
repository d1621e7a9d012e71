{# DuckDB only, part of a run hook: notes in raw.made_relations which tables and views of Pingtop's models and seeds a run has made, which
   columns they have, and of those that only a variable switches on, which such variables were on (see options_on).

   results: what dbt knows of the run. #}
{% macro note_made_relations(results) %}
    {% set made, optional = [], [] %}
    {% for result in results if result.status == 'success' and result.node.resource_type in ['model', 'seed']
        and result.node.package_name == 'pingtop' and result.node.database == target.database %}
        {% set name = (result.node.schema ~ '.' ~ result.node.alias) | lower %}
        {% do made.append(name) %}
        {% if 'enabled' in result.node.unrendered_config %}{% do optional.append(name) %}{% endif %}
    {% endfor %}
    {% set name = "lower(schema_name || '.' || relation_name)" %}
    {% set table = intake_table('made_relations') %}
    {% do run_query("delete from " ~ table ~ " where " ~ name ~ " in (" ~ text_list(made) ~ ")") %}
    {% do run_query(
        "insert into " ~ table ~ " select schema_name, relation_name, case when " ~ name ~ " in (" ~ text_list(optional)
        ~ ") then nullif(" ~ sql_text(options_on() | join(',')) ~ ", '') end, columns"
        ~ " from (" ~ stored_columns() ~ ") where " ~ name ~ " in (" ~ text_list(made) ~ ")"
    ) %}
{% endmacro %}
