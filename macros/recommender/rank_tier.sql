{# The tier of a rank: 0 for rank 1, 1 for 2 and 3, 2 for 4 to 7 and so on. A search that starts at the best rank and
   stops at a bound joins whole tiers by equality and reads at most twice the ranks it needs.

   rank: an integer expression of at least 1. #}
{% macro rank_tier(rank) -%}
    cast(floor(ln({{ rank }} + 0.5) / ln(2)) as integer)
{%- endmacro %}
