{# Not on DuckDB: runs a statement beside the models, for good at once, whatever becomes of the run.

   query: the statement. #}
{% macro for_good(query) -%}
    {{ return(adapter.dispatch('for_good', 'pingtop')(query)) }}
{%- endmacro %}

{% macro default__for_good(query) -%}
    {% do run_query("begin; " ~ query ~ "; commit") %}
{%- endmacro %}

{% macro spark__for_good(query) -%}
    {% call statement() %}{{ query }}{% endcall %}
{%- endmacro %}
