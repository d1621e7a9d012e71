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
    {%- set hashed = "hash(" ~ copy_identity(log) | join(', ') ~ ")" -%}
    update {{ this }} as log_rows
    set
        reject_reason = case when numbered.copy_number > 1 then 'duplicate' end,
        outcome = {{ intake_outcome(
            "log_rows.outcome = 'after_as_of'", 'cast(null as varchar)', 'numbered.copy_number'
        ) }},
        changed_in_batch = {{ batch_number() }}
    from (
        select
            copies.row_id,
            {{ copy_number(log, last_order='path') }} as copy_number
        from (
            select
                rowid as row_id,
                *
            from {{ this }}
            where
                {{ is_good }}
                and {{ hashed }} in (
                    {%- if is_incremental() %}
                    select {{ hashed }}
                    from {{ this }}
                    where
                        {{ is_good }}
                        and {{ hashed }} in (
                            select {{ hashed }}
                            from {{ this }}
                            where
                                changed_in_batch = {{ batch_number() }}
                                and {{ is_good }}
                        )
                    group by all
                    having count(*) > 1
                    {%- else %}
                    {#- DuckDB sorts integers in a third of the time that it takes to group them #}
                    select row_hash
                    from (
                        select
                            row_hash,
                            lag(row_hash) over (order by row_hash) as previous_hash
                        from (select {{ hashed }} as row_hash from {{ this }} where {{ is_good }}) as hashed_rows
                    ) as sorted_hashes
                    where row_hash = previous_hash
                    {%- endif %}
                )
        ) as copies
        inner join {{ ref('int_user_keys') }} as user_keys using (user_key)
        inner join {{ ref('int_ping_keys') }} as ping_keys using (ping_key)
        inner join (
            select file_number, path from {{ intake_table('files_read') }} where source_table = '{{ log }}'
            union
            select file_number, path from {{ intake_table('files_to_read') }} where source_table = '{{ log }}'
        ) as files using (file_number)
    ) as numbered
    where
        log_rows.rowid = numbered.row_id
        and (numbered.copy_number > 1) <> (log_rows.reject_reason is not null)
{%- endmacro %}
