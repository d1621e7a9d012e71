{# An empty table in the shape of raw_rows, for a raw table that is not given.

   table: one of raw_contract. numbered: as in raw_rows. #}
{% macro no_rows(table, numbered=false) %}
    select
        {%- for column in raw_contract(table) %}
        cast(null as {{ dbt.type_string() }}) as {{ column.name }},
        {%- endfor %}
        {%- for column in own_columns(table) if not column.contract %}
        cast(null as {{ dbt.type_string() }}) as own_{{ column.feature }},
        {%- endfor %}
        {%- if numbered %}
        cast(null as bigint) as raw_row_number,
        {%- endif %}
        {%- if table in ['interactions', 'exposures'] %}
        cast(null as integer) as file_number,
        {%- endif %}
        cast(null as {{ dbt.type_string() }}) as raw_row,
        cast(null as {{ dbt.type_string() }}) as row_problem
    where false
{% endmacro %}
