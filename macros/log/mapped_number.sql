{# A number of a source in the unit of the contract (seconds), or written with a decimal comma. value: the expression. dtype: its type.
   read: of mapped_column. #}
{% macro mapped_number(value, dtype, read) -%}
    {%- set text = 'cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- if plain_type(dtype) in number_types() -%}
        {%- set number = 'cast(' ~ value ~ ' as ' ~ type_double() ~ ')' -%}
    {%- elif read.decimal == ',' -%}
        {%- set number = safe_double("replace(replace(" ~ text ~ ", '.', ''), ',', '.')") -%}
    {%- else -%}
        {%- set number = safe_double(value) -%}
    {%- endif -%}
    {{ {'ms': number ~ ' / 1000', 'min': number ~ ' * 60'}.get(read.unit, number) }}
{%- endmacro %}
