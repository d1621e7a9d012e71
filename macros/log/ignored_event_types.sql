{# Why a row is no event that counts: its type is one that the mapping ignores; null for any other. Arguments as in mapped_event_types. #}
{% macro ignored_event_types(given, names) -%}
    {%- set ignored = [] -%}
    {%- for name, event_type in names.items() if event_type == 'ignore' -%}
        {%- do ignored.append(sql_text(name)) -%}
    {%- endfor -%}
    {%- if ignored -%}
    case when {{ plain_event_type(given) }} in ({{ ignored | join(', ') }}) then 'ignored by the mapping' end
    {%- else -%}
    cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}
