{# A `|`-separated text, or one that is a list as programs write it, as a list that is equal for equal sets: items without surrounding blanks, each once, sorted,
   `|`-separated; null where there is none. value: a text expression. #}
{% macro sorted_items(value) -%}
    {{ adapter.dispatch('sorted_items', 'pingtop')(unlisted_text(value)) }}
{%- endmacro %}

{% macro duckdb__sorted_items(value) -%}
    nullif(array_to_string(list_sort(list_distinct(list_filter(
        list_transform(string_split({{ value }}, '|'), lambda item: trim(item)), lambda item: item <> ''
    ))), '|'), '')
{%- endmacro %}

{% macro postgres__sorted_items(value) -%}
    (
        select string_agg(items.item, '|' order by items.item collate "C")
        from (select distinct trim(item) as item from unnest(string_to_array({{ value }}, '|')) as item) as items
        where items.item <> ''
    )
{%- endmacro %}

{% macro spark__sorted_items(value) -%}
    nullif(array_join(array_sort(array_distinct(filter(
        transform(split({{ value }}, '[|]'), item -> trim(item)), item -> item <> ''
    ))), '|'), '')
{%- endmacro %}
