{# The rows of an existing table or seed, in the shape of raw_rows; of a log with `loaded_at` those that this run reads.

   table: one of raw_contract. relation: the relation that holds it. numbered: as in raw_rows. A column raw_row_number of the
   table is no value of its rows, but says in which order they came. #}
{% macro relation_rows(table, relation, numbered=false) %}
    {%- if not execute %}
    select * from {{ relation }}
    {%- else %}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set given = columns | selectattr('name', 'equalto', 'raw_row_number') | list -%}
    {%- set part = table_part(table, relation) if table in ['interactions', 'exposures']
        else {'from_expression': relation, 'file_number': none} -%}
    {{ table_rows(
        table,
        part.from_expression,
        columns | rejectattr('name', 'equalto', 'raw_row_number') | list,
        'The table ' ~ relation,
        row_number=raw_row_number(quoted_name('raw_row_number') if given else none) if numbered else none,
        file_number=part.file_number,
    ) }}
    {%- endif %}
{% endmacro %}
