{# How many pings of a list a strategy makes: top_k, or as many as re-ranking chooses from. No arguments. #}
{% macro list_length() -%}
    {{ [var('top_k') | int, var('rerank_pool') | int] | max if var('rerank_enabled') else var('top_k') }}
{%- endmacro %}
