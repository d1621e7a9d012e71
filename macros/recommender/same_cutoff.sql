{# Whether two rows are of the same cutoff: a boolean expression. Where the trained stages are not built there is one cutoff
   only, and nothing is compared: DuckDB joins by one integer key about twice as fast as by two.

   left, right: relations with cutoff_key. #}
{% macro same_cutoff(left, right) -%}
    {{ left ~ '.cutoff_key = ' ~ right ~ '.cutoff_key' if var('ranking_enabled') else 'true' }}
{%- endmacro %}
