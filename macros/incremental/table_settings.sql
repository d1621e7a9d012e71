{# DuckDB only: all but the log's new rows that decides what stands in the model that is built, as a text. Another text: the
   table must be built whole.

   It has the id of the reading that the log's tables are from and, but for these, the checksum of the model's file. Its meta names what else: `variables`, a list, and
   `event_weights`, true where the seed's values count. #}
{% macro table_settings() %}
    {% set meta = config.get('meta') %}
    {% set parts = [] if meta.get('is_log') else [model.checksum.checksum] %}
    {% if meta.get('is_log') %}
        {#- without a plan, a table is never taken for one that may grow -#}
        {% do parts.extend(run_query("select log_id from " ~ intake_table('intake_plan')).columns[0].values()
            or [invocation_id]) %}
    {% else %}
        {% do parts.extend(run_query(
            "select settings from " ~ intake_table('table_states')
            ~ " where table_name in ('int_interactions', 'int_exposures') order by table_name"
        ).columns[0].values()) %}
    {% endif %}
    {% for name in meta.get('variables', []) %}
        {% do parts.append(name ~ '=' ~ var(name)) %}
    {% endfor %}
    {% if meta.get('event_weights') %}
        {% do parts.extend(run_query(
            "select concat_ws(',', event_type, weight, weight_basis, is_engagement, takes_back) from " ~ model_relation('stg_event_weights')
            ~ " order by event_type"
        ).columns[0].values()) %}
    {% endif %}
    {{ return(parts | join('; ')) }}
{% endmacro %}
