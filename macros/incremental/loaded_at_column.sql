{# The arrival time of a raw table's rows as a timestamp expression; empty where the table has no such column (`loaded_at`, or one of the
   names that raw_contract takes for it).

   relation: the raw table. #}
{% macro loaded_at_column(relation) -%}
    {%- set names = [] -%}
    {%- for column in raw_contract('interactions') if column.name == 'loaded_at' -%}
        {%- do names.extend([column.name] + column.aliases) -%}
    {%- endfor -%}
    {%- set texts = [] -%}
    {%- for name in names -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name | trim | lower == name -%}
            {%- do texts.append(as_role(quoted_name(column.name), column.dtype, 'timestamp')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- as table_rows reads them: the first that is given, of several as texts -#}
    {%- if texts | length == 1 -%}
        {{ safe_timestamp(texts[0]) }}
    {%- elif texts -%}
        {%- set cleaned = [] -%}
        {%- for text in texts -%}
            {%- do cleaned.append(clean_text('cast(' ~ text ~ ' as ' ~ dbt.type_string() ~ ')')) -%}
        {%- endfor -%}
        {{ safe_timestamp('coalesce(' ~ cleaned | join(', ') ~ ')') }}
    {%- endif -%}
{%- endmacro %}
