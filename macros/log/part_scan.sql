{# What stands after `from` to read a part, and the number of the file of each row, as {'from_expression', 'file_number'}.

   table: one of raw_contract. part: of file_parts. #}
{% macro part_scan(table, part) %}
    {% if part.kind == 'relation' %}
        {{ return(table_part(table, part) if table in ['interactions', 'exposures']
            else {'from_expression': part.relation, 'file_number': none}) }}
    {% endif %}
    {% set numbers = file_numbers(table) %}
    {% set number = file_number(part.files, numbers) %}
    {{ return({
        'from_expression': parquet_scan(part.read_from) if part.kind == 'parquet'
            else "(" ~ (csv_rows(part, table in ["interactions", "exposures"]) if part.kind == 'csv' else json_rows(part)) ~ ")",
        'file_number': number,
    }) }}
{% endmacro %}
