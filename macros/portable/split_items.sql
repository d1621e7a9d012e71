{# A select with one row per row of a relation and item of a list in it, in the columns key and item.

   relation: what stands after `from`. key: column kept beside the item. value: the list, as sorted_items makes it. #}
{% macro split_items(relation, key, value) -%}
    {{ adapter.dispatch('split_items', 'pingtop')(relation, key, value) }}
{%- endmacro %}

{% macro duckdb__split_items(relation, key, value) -%}
    select
        {{ key }},
        unnest(string_split({{ value }}, '|')) as item
    from {{ relation }}
    where {{ value }} is not null
{%- endmacro %}

{% macro postgres__split_items(relation, key, value) -%}
    select
        {{ key }},
        unnest(string_to_array({{ value }}, '|')) as item
    from {{ relation }}
    where {{ value }} is not null
{%- endmacro %}

{% macro spark__split_items(relation, key, value) -%}
    select
        {{ key }},
        explode(split({{ value }}, '[|]')) as item
    from {{ relation }}
    where {{ value }} is not null
{%- endmacro %}
