{# Run hook: stops the run with one sentence where the raw tables of the user's database (raw_schema) are missing or
   lack a vital column. #}
{% macro check_raw_tables() %}
    {% set logs = [] %}
    {% set found = {} %}
    {% for table in ['users', 'pings', 'interactions', 'exposures', 'topic_affinities'] %}
        {% set relation = raw_table(table) %}
        {% if relation is not none %}
            {% do match_raw_columns(
                table, adapter.get_columns_in_relation(relation) | map(attribute='name') | list, 'The table ' ~ relation
            ) %}
            {% do found.update({table: relation}) %}
            {% if table in ['interactions', 'exposures'] %}{% do logs.append(table) %}{% endif %}
        {% elif table in ['users', 'pings'] %}
            {% do exceptions.raise_compiler_error(
                "The schema '" ~ raw_schema() ~ "' holds no table " ~ table ~ ": load it, or correct "
                ~ "PINGTOP_RAW_SCHEMA (or the variable raw_schema)."
            ) %}
        {% endif %}
    {% endfor %}
    {% if not logs %}
        {% do exceptions.raise_compiler_error(
            "The schema '" ~ raw_schema() ~ "' holds neither a table interactions nor a table exposures: load one, or "
            ~ "correct PINGTOP_RAW_SCHEMA (or the variable raw_schema)."
        ) %}
    {% endif %}
    {% do plan_tables(found) %}
{% endmacro %}
