{# Post hook of the tables that grow with the log: notes up to which batch, with which settings and which bound of dates, the table
   was built, in the transaction that builds it. With the rows of a log's table, its files become read ones.

   source_table: of a table that holds a log, interactions or exposures; none for those that are computed from them. #}
{% macro remember_batch(source_table=none) %}
    {{ return(adapter.dispatch('remember_batch', 'pingtop')(source_table)) }}
{% endmacro %}

{% macro default__remember_batch(source_table) %}{% endmacro %}

{% macro duckdb__remember_batch(source_table) %}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set states, read, plan = intake_table('table_states'), intake_table('files_read'), intake_table('intake_plan') %}
    {% set settings = sql_text(table_settings()) %}
    {% set name = "'" ~ this.identifier ~ "'" %}
    {% set batch = "select batch_number from " ~ plan if source_table
        else "select max(batch_number) from " ~ states ~ " where table_name in ('int_interactions', 'int_exposures')" %}
    {% if source_table %}
        {% if not is_incremental() %}
            {% do run_query("delete from " ~ read ~ " where source_table = '" ~ source_table ~ "'") %}
        {% endif %}
        {% do run_query(
            "insert into " ~ read ~ " select * from " ~ intake_table('files_to_read')
            ~ " where source_table = '" ~ source_table ~ "' and file_number not in (select file_number from " ~ read
            ~ " where source_table = '" ~ source_table ~ "')"
        ) %}
    {% endif %}
    {% do run_query("delete from " ~ states ~ " where table_name = " ~ name) %}
    {% set bound = "(select max(first_future_timestamp) from " ~ model_relation('int_date_bounds') ~ " where dated = 'event_timestamp')"
        if 'max_future_days' in config.get('meta').get('variables', []) else "null" %}
    {% do run_query("insert into " ~ states ~ " select " ~ name ~ ", " ~ settings ~ ", (" ~ batch ~ "), " ~ bound) %}
{% endmacro %}
