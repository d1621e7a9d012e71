{# DuckDB only: the rows of CSV files that share one header, in the shape of raw_rows.

   table: one of raw_contract. group: one of csv_groups. file_number: of file_number(); none where files have no numbers. #}
{% macro csv_rows(table, group, file_number=none) %}
    {%- set matches = match_raw_columns(table, group['header'], group['files'][0]) -%}
    {%- set width = group['header'] | length -%}
    {%- set values = {} -%}
    {%- for column in raw_contract(table) -%}
        {%- set fields = [] -%}
        {%- for position in matches[column.name] -%}
            {%- do fields.append("nullif(trim(fields[" ~ (position + 1) ~ "]), '')") -%}
        {%- endfor -%}
        {%- do values.update({
            column.name: 'case when row_problem is null then coalesce(' ~ fields | join(', ') ~ ') end' if fields
            else 'cast(null as varchar)'
        }) -%}
    {%- endfor -%}
    select
        {%- for column in raw_contract(table) %}
        {{ values[column.name] }} as {{ column.name }},
        {%- endfor %}
        {%- if file_number %}
        {{ file_number }} as file_number,
        {%- endif %}
        line as raw_row,
        row_problem,
    from (
        select
            line,
            {%- if file_number %}
            file_index,
            {%- endif %}
            fields,
            case
                when fields is null then 'malformed line: broken quotes'
                when len(fields) < {{ width }} then 'malformed line: too few fields'
                when len(fields) > {{ width }} then 'malformed line: too many fields'
            end as row_problem,
        from (
            select
                rtrim(line, chr(13)) as line,
                {%- if file_number %}
                file_index,
                {%- endif %}
                {{ csv_fields('rtrim(line, chr(13))') }} as fields,
            from ({{ csv_lines(group['files'], with_index=file_number) }}) as lines
        ) as split_lines
    ) as checked_lines
{% endmacro %}
