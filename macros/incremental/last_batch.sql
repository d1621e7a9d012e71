{# DuckDB only: the number of the last batch of the log that the model's table has; none where it must be built whole. #}
{% macro last_batch() %}
    {% do create_intake_tables() %}
    {% set batches = run_query(
        "select batch_number from " ~ intake_table('table_states') ~ " where table_name = '" ~ this.identifier
        ~ "' and settings = " ~ sql_text(table_settings())
    ).columns[0].values() %}
    {{ return(batches[0] | int if batches else none) }}
{% endmacro %}
