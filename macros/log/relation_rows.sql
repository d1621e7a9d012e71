{# Every row of an existing table or seed, in the shape of raw_rows.

   table: one of raw_contract. relation: the relation that holds it. numbered, only_hashes: as in raw_rows. A column
   raw_row_number of the table is no value of its rows, but says in which order they came. #}
{% macro relation_rows(table, relation, numbered=false, only_hashes=none) %}
    {%- if not execute %}
    select * from {{ relation }}
    {%- else %}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set given = columns | selectattr('name', 'equalto', 'raw_row_number') | list -%}
    {{ table_rows(
        table,
        relation,
        columns | rejectattr('name', 'equalto', 'raw_row_number') | list,
        'The table ' ~ relation,
        only_hashes,
        row_number=raw_row_number(quoted_name('raw_row_number') if given else none) if numbered else none,
    ) }}
    {%- endif %}
{% endmacro %}
