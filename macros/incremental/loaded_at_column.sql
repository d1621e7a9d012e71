{# The arrival time of a raw table's rows as a timestamp expression; empty where the table has no column `loaded_at`.

   relation: the raw table. #}
{% macro loaded_at_column(relation) -%}
    {%- for column in adapter.get_columns_in_relation(relation) if column.name | trim | lower == 'loaded_at' -%}
        {{ safe_timestamp(as_role(quoted_name(column.name), column.dtype, 'timestamp')) }}
    {%- endfor -%}
{%- endmacro %}
