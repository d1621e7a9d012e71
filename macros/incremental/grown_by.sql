{# How new rows come into a table that grows with the log, for the config `incremental_strategy`; none where such tables are built
   whole (see grown_table).

   strategy: append or replace_rows. #}
{% macro grown_by(strategy) %}
    {{ return(strategy if grown_table() == 'incremental' else none) }}
{% endmacro %}
