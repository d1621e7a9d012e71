{# The part of a raw table of a log that this run reads, as {'from_expression', 'file_number'}: all of it or, on DuckDB where its
   rows have a `loaded_at`, from the newest on that was read.

   table: interactions or exposures. relation: the raw table. #}
{% macro table_part(table, relation) %}
    {{ return(adapter.dispatch('table_part', 'pingtop')(table, relation)) }}
{% endmacro %}

{% macro default__table_part(table, relation) %}
    {{ return({'from_expression': relation, 'file_number': '1'}) }}
{% endmacro %}

{% macro duckdb__table_part(table, relation) %}
    {% do create_intake_tables() %}
    {% set rows = run_query(
        "select file_number, loaded_from from " ~ intake_table('files_to_read') ~ " where source_table = '" ~ table ~ "'"
    ).rows %}
    {% set part = {'from_expression': relation, 'file_number': (rows[0][0] | int if rows else 1) | string} %}
    {% if rows and rows[0][1] %}
        {% do part.update({
            'from_expression': "(select * from " ~ relation ~ " where " ~ loaded_at_column(relation) | trim
                ~ " >= timestamp '" ~ rows[0][1] ~ "')"
        }) %}
    {% endif %}
    {{ return(part) }}
{% endmacro %}
