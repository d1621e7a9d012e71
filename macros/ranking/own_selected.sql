{# The own features as own_user_… and own_ping_…, with a comma after each, for the select list of ranking_features; nothing without any.
   No arguments. #}
{% macro own_selected() -%}
    {%- for table in ['users', 'pings'] -%}
        {%- for column in own_columns(table) -%}
            {%- set name = table[:-1] ~ '_' ~ column.feature -%}
            own_{{ table }}.{{ name }} as own_{{ name }},
        {% endfor -%}
    {%- endfor -%}
{%- endmacro %}
