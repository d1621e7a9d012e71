-- Rows that are rejected as they were sent twice, or are no events by the mapping, are no reason to
-- look.
with

raw_rows as (

    select * from {{ ref('int_raw_rows') }}
    where outcome in ('accepted', 'rejected')

),

nulled_values as (

    select * from {{ ref('int_nulled_values') }}

),

events_with_id as (

    select
        event_id,
        user_key,
        ping_key,
        event_type_key,
        outcome
    from {{ ref('int_interactions') }}
    where
        event_id is not null
        and (outcome = 'accepted' or reject_reason = 'duplicate')

),

-- sent twice, an event is the same; a number that begins anew in each file is no id
other_events as (

    select
        copies.event_id,
        count(*) as n_rejected
    from events_with_id as copies
    inner join events_with_id as kept on copies.event_id = kept.event_id
    where
        copies.outcome = 'rejected'
        and kept.outcome = 'accepted'
        and (
            copies.user_key <> kept.user_key
            or copies.ping_key <> kept.ping_key
            or copies.event_type_key <> kept.event_type_key
        )
    group by copies.event_id

),

event_id_counts as (

    select
        sum(n_rejected) as n_rejected,
        min(event_id) as first_id
    from other_events

),

event_id_totals as (

    select count(*) as n_events from events_with_id

),

table_counts as (

    select
        source_table,
        count(*) as n_rows,
        count(case when outcome = 'accepted' then 1 end) as n_accepted
    from raw_rows
    group by source_table

),

rejected_counts as (

    select
        source_table,
        reject_reason,
        count(*) as n_rejected,
        min({{ in_byte_order('raw_row') }}) as first_row
    from raw_rows
    where
        outcome = 'rejected'
        and reject_reason not in ('duplicate', 'ignored by the mapping')
    group by source_table, reject_reason

),

final as (

    select
        {{ warning_rows(
            "'rejected rows'", 'rejected_counts.source_table', 'rejected_counts.reject_reason',
            'rejected_counts.n_rejected', 'table_counts.n_rows', 'rejected_counts.first_row'
        ) | trim }}
    from rejected_counts
    inner join table_counts on rejected_counts.source_table = table_counts.source_table
    where rejected_counts.n_rejected >= {{ var('warn_share') }} * table_counts.n_rows
    union all
    select
        {{ warning_rows(
            "'unusable values'", 'nulled_values.source_table', 'nulled_values.column_name',
            'nulled_values.row_count', 'table_counts.n_accepted', 'nulled_values.example'
        ) | trim }}
    from nulled_values
    inner join table_counts on nulled_values.source_table = table_counts.source_table
    where
        nulled_values.row_count > 0
        and nulled_values.row_count >= {{ var('warn_share') }} * table_counts.n_accepted
    union all
    select
        {{ warning_rows(
            "'event ids of other events'", "'interactions'", "'event_id'",
            'event_id_counts.n_rejected', 'event_id_totals.n_events',
            "concat(chr(39), event_id_counts.first_id, chr(39))"
        ) | trim }}
    from event_id_counts
    cross join event_id_totals
    where event_id_counts.n_rejected > 0

)

select * from final
