{# Whether a row with cutoff_key is of the serving cutoff: a boolean expression. Where the trained stages are not built, all
   rows are, and a condition would only mislead the optimizer about how many there are. No arguments. #}
{% macro is_serving_cutoff() -%}
    {{ 'cutoff_key = 0' if var('ranking_enabled') else 'true' }}
{%- endmacro %}
