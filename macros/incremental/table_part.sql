{# The part of a raw table of a log that this run reads, as {'from_expression', 'file_number'}: all of it or, on DuckDB where its
   rows have a `loaded_at`, from the newest on that was read.

   table: interactions or exposures. part: of relation_parts. #}
{% macro table_part(table, part) %}
    {{ return(adapter.dispatch('table_part', 'pingtop')(table, part)) }}
{% endmacro %}

{% macro default__table_part(table, part) %}
    {{ return({'from_expression': part.relation, 'file_number': '1'}) }}
{% endmacro %}

{% macro duckdb__table_part(table, part) %}
    {% do create_intake_tables() %}
    {% set rows = run_query(
        "select file_number, loaded_from from " ~ intake_table('files_to_read') ~ " where source_table = '" ~ table
        ~ "' and path = " ~ sql_text(part.files[0])
    ).rows %}
    {% set read = {'from_expression': part.relation, 'file_number': (rows[0][0] | int if rows else 1) | string} %}
    {% if rows and rows[0][1] %}
        {% do read.update({
            'from_expression': "(select * from " ~ part.relation ~ " where " ~ arrival_of_part(table, part)
                ~ " >= timestamp '" ~ rows[0][1] ~ "')"
        }) %}
    {% endif %}
    {{ return(read) }}
{% endmacro %}
