{# The rows of something with typed columns, under the canonical names, each with its raw_row.

   table: users, pings or interactions. from_expression: what stands after `from`.
   columns: its columns (dbt's Column objects or dicts with name and dtype). where: how an error names it. #}
{% macro table_rows(table, from_expression, columns, where) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set matches = match_raw_columns(table, names, where) -%}
    select
        {%- for column in raw_contract(table) %}
        {%- set casts = [] %}
        {%- for position in matches[column.name] %}
            {%- do casts.append(as_role(quoted_name(names[position]), columns[position].dtype, column.role)) %}
        {%- endfor %}
        {% if casts | length > 1 -%}
            coalesce(
                {%- for cast in casts -%}
                {{ clean_text('cast(' ~ cast ~ ' as ' ~ dbt.type_string() ~ ')') }}{{ ', ' if not loop.last }}
                {%- endfor -%}
            )
        {%- else -%}
            {{ casts[0] if casts else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
        {%- endif %} as {{ column.name }},
        {%- endfor %}
        {{ csv_text(names, columns | map(attribute='dtype') | list) }} as raw_row,
        cast(null as {{ dbt.type_string() }}) as row_problem
    from {{ from_expression }} as source_rows
{% endmacro %}
