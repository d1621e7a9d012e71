{# Whether a date lies so far after the newest day that most dates agree on that its clock must be wrong: a boolean expression, never
   null; false where max_future_days is null. The query has date_bound among its tables.

   value: a timestamp expression. #}
{% macro is_of_the_future(value) -%}
    {%- if var('max_future_days') is none -%}
        false
    {%- else -%}
        coalesce({{ value }} >= date_bound.first_future_timestamp, false)
    {%- endif -%}
{%- endmacro %}
