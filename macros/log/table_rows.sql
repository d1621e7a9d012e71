{# The rows of something with typed columns, under the canonical names, each with its raw_row.

   table: one of raw_contract. from_expression: what stands after `from`.
   columns: its columns (dbt's Column objects or dicts with name and dtype). where: how an error names it.
   row_number, file_number: expressions for raw_row_number and file_number; none where they are not wanted here. #}
{% macro table_rows(table, from_expression, columns, where, row_number=none, file_number=none) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set matches = match_raw_columns(table, names, where) -%}
    {%- set values = {} -%}
    {%- for column in raw_contract(table) -%}
        {%- set casts = [] -%}
        {%- set texts = [] -%}
        {%- for position in matches[column.name] -%}
            {%- set value = as_role(quoted_name(names[position]), columns[position].dtype, column.role) -%}
            {%- do casts.append(value) -%}
            {%- do texts.append(clean_text('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')')) -%}
        {%- endfor -%}
        {%- do values.update({
            column.name: 'coalesce(' ~ texts | join(', ') ~ ')' if casts | length > 1
            else casts[0] if casts
            else 'cast(null as ' ~ dbt.type_string() ~ ')'
        }) -%}
    {%- endfor -%}
    select
        {%- for column in raw_contract(table) %}
        {{ values[column.name] }} as {{ column.name }},
        {%- endfor %}
        {%- if row_number %}
        {{ row_number }} as raw_row_number,
        {%- endif %}
        {%- if file_number %}
        {{ file_number }} as file_number,
        {%- endif %}
        {{ raw_row_text(table, names, columns | map(attribute='dtype') | list, matches) }} as raw_row,
        cast(null as {{ dbt.type_string() }}) as row_problem
    from {{ from_expression }} as source_rows
{% endmacro %}
