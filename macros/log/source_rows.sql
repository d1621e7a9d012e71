{# The rows of a part, under the canonical names, each with its raw_row and row_problem.

   table: one of raw_contract. part: of file_parts. matches: of match_raw_columns. numbered: whether to add raw_row_number. #}
{% macro source_rows(table, part, matches, numbered) %}
    {%- set is_log = table in ['interactions', 'exposures'] -%}
    {%- set is_text = part.kind in ['csv', 'json'] -%}
    {%- set values = {} -%}
    {%- for column in raw_contract(table) -%}
        {%- set casts, texts = [], [] -%}
        {%- for match in matches[column.name] -%}
            {%- if 'value' in match -%}
                {%- do casts.append(dbt.string_literal(dbt.escape_single_quotes(match.value))) -%}
            {%- else -%}
                {%- do casts.append(raw_value(column, part.columns[match.position], match.read, is_log)) -%}
            {%- endif -%}
            {%- do texts.append(clean_text('cast(' ~ casts[-1] ~ ' as ' ~ dbt.type_string() ~ ')')) -%}
        {%- endfor -%}
        {%- do values.update({
            column.name: 'coalesce(' ~ texts | join(', ') ~ ')' if casts | length > 1
            else casts[0] if casts
            else 'cast(null as ' ~ dbt.type_string() ~ ')'
        }) -%}
    {%- endfor -%}
    {%- set types = (part.mapping.event_type.names if part.mapping and part.mapping.event_type else none) or {} -%}
    {%- set ignored = "cast(null as " ~ dbt.type_string() ~ ")" -%}
    {%- if types -%}
        {%- set given = values['event_type'] -%}
        {%- do values.update({'event_type': mapped_event_types(given, types)}) -%}
        {%- set ignored = ignored_event_types(given, types) -%}
    {%- endif -%}
    {%- set own = part.columns[:part.n_own] -%}
    {%- set given = part.columns | selectattr('name', 'equalto', 'raw_row_number') | list
        if part.kind == 'relation' else [] -%}
    {%- set read = part_scan(table, part) -%}
    select
        {%- for column in raw_contract(table) %}
        {{ values[column.name] }} as {{ column.name }},
        {%- endfor %}
        {%- for column in own_columns(table) if not column.contract %}
        {{ own_value(part, column.name) }} as own_{{ column.feature }},
        {%- endfor %}
        {%- if numbered %}
        {{ raw_row_number(quoted_name('raw_row_number') if given else none) }} as raw_row_number,
        {%- endif %}
        {%- if is_log %}
        {{ read.file_number }} as file_number,
        {%- endif %}
        {% if is_text -%}
        line as raw_row,
        coalesce(row_problem, {{ ignored }}) as row_problem
        {%- else -%}
        {{ raw_row_text(table, own | rejectattr('name', 'equalto', 'raw_row_number') | list, matches, part.mapping is not none) }} as raw_row,
        {{ ignored }} as row_problem
        {%- endif %}
    from {{ read.from_expression }} as source_rows
{% endmacro %}
