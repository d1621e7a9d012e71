{# A `|`-separated text as a list that is equal for equal sets: items without surrounding blanks, each once, sorted,
   `|`-separated; null where there is none. value: a text expression. #}
{% macro sorted_items(value) -%}
    {{ adapter.dispatch('sorted_items', 'pingtop')(value) }}
{%- endmacro %}

{% macro duckdb__sorted_items(value) -%}
    nullif(array_to_string(list_sort(list_distinct(list_filter(
        list_transform(string_split({{ value }}, '|'), lambda item: trim(item)), lambda item: item <> ''
    ))), '|'), '')
{%- endmacro %}
