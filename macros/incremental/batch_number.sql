{# The number of the batch that a run adds to the log; 1 where every build reads all of it. #}
{% macro batch_number() -%}
    {{ return(adapter.dispatch('batch_number', 'pingtop')()) }}
{%- endmacro %}

{% macro default__batch_number() -%}
    {{ return(1) }}
{%- endmacro %}

{% macro duckdb__batch_number() -%}
    {% do create_intake_tables() %}
    {% set batches = run_query("select batch_number from " ~ intake_table('intake_plan')).columns[0].values() if execute else [] %}
    {{ return(batches[0] | int if batches else 1) }}
{%- endmacro %}
