{# The further columns of users or pings that are features, as own_<feature> with a comma after each, for a select list; nothing without any.

   table: users or pings. is_raw: whether they are still as they came. #}
{% macro own_values(table, is_raw=false) -%}
    {%- for column in own_columns(table) if not column.contract -%}
        {%- set name = 'own_' ~ column.feature -%}
        {%- set value = clean_text(name) if is_raw else name -%}
        {{ value }}{{ ' as ' ~ name if value != name }},
        {% endfor -%}
{%- endmacro %}
