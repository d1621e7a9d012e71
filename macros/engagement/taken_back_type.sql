{# The column takes_back of the seed event_weights, which it may have: the type that events of a type take back. Null where the seed has no
   such column. #}
{% macro taken_back_type() -%}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- do names.extend(adapter.get_columns_in_relation(ref('event_weights')) | map(attribute='name') | map('lower')) -%}
    {%- endif -%}
    {{ clean_text('takes_back') if 'takes_back' in names else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
{%- endmacro %}
