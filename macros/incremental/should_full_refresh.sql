{# As dbt's own, which its materialization `incremental` and is_incremental() ask: a table that grows with the log is also built
   whole where what it was built from no longer holds. Such tables have the config meta.grows_with_log. #}
{% macro should_full_refresh() %}
    {% set asked = config.get('full_refresh') %}
    {% if asked is none %}
        {% set asked = flags.FULL_REFRESH %}
    {% endif %}
    {{ return(asked or (execute and (config.get('meta') or {}).get('grows_with_log') and last_batch() is none)) }}
{% endmacro %}
