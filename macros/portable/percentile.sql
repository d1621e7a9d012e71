{# An interpolated percentile of an aggregated value.

   value: the expression. share: which one, 0.5 for the median. of_shares: the list of all that are taken of this value in
   the same select, so that a database that can may sort once for all of them. #}
{% macro percentile(value, share, of_shares=none) -%}
    {{ adapter.dispatch('percentile', 'pingtop')(value, share, of_shares or [share]) }}
{%- endmacro %}

{% macro default__percentile(value, share, of_shares) -%}
    percentile_cont({{ share }}) within group (order by {{ value }})
{%- endmacro %}

{% macro duckdb__percentile(value, share, of_shares) -%}
    list_extract(quantile_cont({{ value }}, [{{ of_shares | join(', ') }}]), {{ of_shares.index(share) + 1 }})
{%- endmacro %}
