{# Post hook of int_interactions and int_exposures: says of all good rows that stand in the log more than once which one is kept and
   which are duplicates. Where only a batch is new, of those that the batch has a copy of: a copy that came before may become
   the duplicate. Only DuckDB needs it (see copy_number_at_once).

   log: interactions or exposures. #}
{% macro mark_copies(log) %}
    {{ return(adapter.dispatch('mark_copies', 'pingtop')(log)) }}
{% endmacro %}

{% macro default__mark_copies(log) %}{% endmacro %}

{% macro duckdb__mark_copies(log) -%}
    {%- set is_good = "(reject_reason is null or reject_reason = 'duplicate')" -%}
    {%- set row_hash = "hash(" ~ copy_identity(log) | join(', ') ~ ")" -%}
    update {{ this }} as log_rows
    set
        reject_reason = case when numbered.copy_number > 1 then 'duplicate' end,
        outcome = {{ intake_outcome(
            "log_rows.outcome = 'after_as_of'", 'cast(null as varchar)', 'numbered.copy_number'
        ) }},
        raw_row = numbered.raw_row,
        changed_in_batch = {{ batch_number() }}
    from (
        select
            row_id,
            raw_row,
            {{ copy_number(log, last_order='path') }} as copy_number
        from (
            select
                copies.* exclude (raw_row),
                user_keys.user_id,
                ping_keys.ping_id,
                files.path,
                {%- if log == 'interactions' %}
                {{ row_text_of_values('copies.raw_row', 'event_weights.event_type') }} as raw_row
                {%- else %}
                copies.raw_row
                {%- endif %}
            from (
                select
                    rowid as row_id,
                    *
                from {{ this }}
                where
                    {{ is_good }}
                    and {{ row_hash }} in ({{ repeated_hashes(row_hash, is_good) }})
            ) as copies
            inner join {{ ref('int_user_keys') }} as user_keys on copies.user_key = user_keys.user_key
            inner join {{ ref('int_ping_keys') }} as ping_keys on copies.ping_key = ping_keys.ping_key
            {%- if log == 'interactions' %}
            inner join {{ ref('stg_event_weights') }} as event_weights
                on copies.event_type_key = event_weights.event_type_key
            {%- endif %}
            inner join (
                {%- if is_incremental() %}
                select file_number, path from {{ intake_table('files_read') }} where source_table = '{{ log }}'
                union
                {%- endif %}
                select file_number, path from {{ intake_table('files_to_read') }} where source_table = '{{ log }}'
            ) as files on copies.file_number = files.file_number
        ) as named
    ) as numbered
    where
        log_rows.rowid = numbered.row_id
        and (numbered.copy_number > 1) <> (log_rows.reject_reason is not null)
{%- endmacro %}
