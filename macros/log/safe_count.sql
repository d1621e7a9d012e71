{# A count of events, 0 to 1000, from a text or a number; null where it is not one. A boolean counts as 0 or 1, also
   as databases and spreadsheets write it (t, f, yes, no).

   More than 1000 likes or clicks of one user at one moment are a broken counter, not events. value: the expression. #}
{% macro safe_count(value) -%}
    {%- set number = safe_double(value) -%}
    {%- set word = "lower(trim(cast(" ~ value ~ " as " ~ dbt.type_string() ~ ")))" -%}
    cast(case
        when {{ word }} in ('true', 't', 'yes', 'y') then 1
        when {{ word }} in ('false', 'f', 'no', 'n') then 0
        when {{ number }} between 0 and 1000 and {{ number }} = floor({{ number }}) then {{ number }}
    end as integer)
{%- endmacro %}
