{# Part of a run hook: decides what this run reads of raw tables of the database. Only DuckDB reads less than all.

   tables: {table of raw_contract: its relation; none for a seed of the demo}. #}
{% macro plan_tables(tables) %}
    {% do adapter.dispatch('plan_tables', 'pingtop')(tables) %}
{% endmacro %}

{% macro default__plan_tables(tables) %}{% endmacro %}

{% macro duckdb__plan_tables(tables) %}
    {% set found = [] %}
    {% for table, relation in tables.items() %}
        {% do found.append({
            'source_table': table, 'is_table': true, 'relation': relation,
            'path': (relation.schema ~ '.' ~ relation.identifier) if relation
                else generate_schema_name('raw', none) ~ '.raw_' ~ table,
        }) %}
    {% endfor %}
    {% do plan_intake(found) %}
    {% do keep_written() %}
{% endmacro %}
