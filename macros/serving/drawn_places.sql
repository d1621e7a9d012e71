{# How many of the top_k places of a list are for pings that are drawn: the share explore_share of them, rounded down. No
   arguments. #}
{% macro drawn_places() -%}
    {{ (var('explore_share') | float * var('top_k') | int + 1e-9) | int if var('rerank_enabled') else 0 }}
{%- endmacro %}
