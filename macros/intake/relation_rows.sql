{# Every row of an existing table or seed, in the shape of raw_rows.

   table: one of raw_contract. relation: the relation that holds it. numbered, only_hashes: as in
   raw_rows. #}
{% macro relation_rows(table, relation, numbered=false, only_hashes=none) %}
    select
        *,
        {%- if numbered %}
        row_number() over () as raw_row_number,
        {%- endif %}
    from (
        {%- if execute %}
        {{ table_rows(
            table, relation, adapter.get_columns_in_relation(relation), 'The table ' ~ relation, only_hashes
        ) }}
        {%- else %}
        select * from {{ relation }}
        {%- endif %}
    ) as raw_rows
{% endmacro %}
