{# Pre hook of int_interactions and int_exposures: takes away the rows of a raw table that this run reads again (those of its newest
   `loaded_at`, of which there may be more since). Only DuckDB reads less than all of a table.

   log: interactions or exposures. #}
{% macro forget_reread_rows(log) %}
    {{ return(adapter.dispatch('forget_reread_rows', 'pingtop')(log)) }}
{% endmacro %}

{% macro default__forget_reread_rows(log) %}{% endmacro %}

{% macro duckdb__forget_reread_rows(log) %}
    {% if execute and is_incremental() %}
        delete from {{ this }}
        where loaded_at >= (
            select max(files.loaded_from)
            from {{ intake_table('files_to_read') }} as files
            where files.source_table = '{{ log }}'
        )
    {% endif %}
{% endmacro %}
