{# Not on DuckDB, which has more to write (see mark_build): makes a text the only row of raw.last_run, beside the log that is built from
   (see log_source), for good at once, whatever becomes of the run.

   mark: the id of a run, or another text. #}
{% macro write_mark(mark) -%}
    {{ return(adapter.dispatch('write_mark', 'pingtop')(mark)) }}
{%- endmacro %}

{% macro default__write_mark(mark) -%}
    {% set last_run = intake_table('last_run') %}
    {% do run_query(
        "begin; create schema if not exists " ~ last_run.include(identifier=false)
        ~ "; create table if not exists " ~ last_run ~ " (invocation_id " ~ dbt.type_string() ~ ", log_source " ~ dbt.type_string() ~ ")"
        ~ "; delete from " ~ last_run ~ "; insert into " ~ last_run ~ " values ("
        ~ sql_text(mark) ~ ", " ~ sql_text(log_source()) ~ "); commit"
    ) %}
{%- endmacro %}

{% macro spark__write_mark(mark) -%}
    {% set last_run = intake_table('last_run') %}
    {% for query in [
        "create schema if not exists " ~ last_run.include(identifier=false),
        "create table if not exists " ~ last_run ~ " (invocation_id string, log_source string) using "
        ~ env_var('PINGTOP_SPARK_FILE_FORMAT', 'parquet'),
        "insert overwrite table " ~ last_run ~ " select " ~ sql_text(mark) ~ ", " ~ sql_text(log_source()),
    ] %}
        {% call statement() %}{{ query }}{% endcall %}
    {% endfor %}
{%- endmacro %}
