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
        as stored using (
            select files.file_number, to_read.loaded_from
            from {{ intake_table('files_to_read') }} as to_read
            inner join {{ intake_table('files_read') }} as files
                on to_read.source_table = files.source_table and to_read.path = files.path
            where to_read.source_table = '{{ log }}' and to_read.loaded_from is not null
        ) as reread
        where stored.file_number = reread.file_number and stored.loaded_at >= reread.loaded_from
    {% endif %}
{% endmacro %}
