{# Last run hook before the first model: the checks have let the run through. It counts as not ended until record_build says how it
   ended; that of a killed run never does. #}
{% macro begin_build() -%}
    {{ adapter.dispatch('begin_build', 'pingtop')() }}
{%- endmacro %}

{% macro default__begin_build() %}{% endmacro %}

{% macro duckdb__begin_build() -%}
    {% if execute and is_building() %}
        {% do run_query(
            "update " ~ intake_table('builds') ~ " set status = 'not ended' where invocation_id = '" ~ invocation_id ~ "'"
        ) %}
        {% do keep_written() %}
    {% endif %}
{%- endmacro %}
