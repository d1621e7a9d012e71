{# A further column of a part as a text, for a feature of the ranking; null where the part has none of that name.

   part: of file_parts. name: of the column. #}
{% macro own_value(part, name) -%}
    {%- set texts, names = [], part.columns | map(attribute='name') | list -%}
    {%- for position in positions_of(names, name) -%}
        {%- do check_named_once(names, position, part.where) -%}
        {%- set value = raw_value({'name': name, 'role': 'text'}, part.columns[position], {}, false) -%}
        {%- do texts.append('cast(' ~ value ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    {%- endfor -%}
    {{ 'coalesce(' ~ texts | join(', ') ~ ')' if texts | length > 1 else texts[0] or 'cast(null as ' ~ dbt.type_string() ~ ')' }}
{%- endmacro %}
