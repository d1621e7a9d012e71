{# The moment from which on dates are of the future: a query of one row, with first_future_timestamp, null without a date or a bound.

   dated: a row of int_date_bounds. Taken through an aggregate, Spark knows it for one row, which may be joined with every row. #}
{% macro date_bound(dated) -%}
    select max(first_future_timestamp) as first_future_timestamp
    from {{ ref('int_date_bounds') }}
    where dated = '{{ dated }}'
{%- endmacro %}
