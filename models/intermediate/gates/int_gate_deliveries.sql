with

files as (

    select * from {{ ref('int_gate_files') }}

),

log_end as (
    {{ log_end() }}
),

vanished as (
    {{ vanished_files() }}
),

delivered as (

    select
        min(modified_at) as first_modified_at,
        max(modified_at) as newest_modified_at
    from files

),

-- of the files of one delivery, the worst one: among many good ones, it would not show
newest_files as (

    select
        files.*,
        {{ safe_divide('files.n_rejected', 'files.n_rows') }} as rejected_share
    from files
    cross join delivered
    where
        files.n_rows >= {{ var('gate_least_events') }}
        and (
            files.modified_at is null
            or {{ elapsed_seconds('files.modified_at', 'delivered.newest_modified_at') }}
            <= 3600 * {{ var('gate_delivery_hours') }}
        )

),

ranked_files as (

    select
        *,
        case
            when main_reason is null then ''
            else concat(', ', n_main_reason, ' of them as ', chr(39), main_reason, chr(39))
        end as reason_text,
        row_number() over (
            partition by source_table
            order by rejected_share desc, n_rows desc, {{ in_byte_order('path') }}
        ) as place
    from newest_files

),

worst_files as (

    select
        source_table,
        rejected_share,
        concat(
            n_rejected, ' of ', n_rows, ' rows (', {{ percent_text('rejected_share') }}, ') of ',
            path, ', of the newest delivery, are rejected', reason_text
        ) as sentence
    from ranked_files
    where place = 1

),

logs as (

    select 'interactions' as source_table
    union all
    select 'exposures' as source_table

),

rejected as (

    select
        'rejected rows' as gate,
        logs.source_table as about,
        worst_files.rejected_share as value,
        coalesce(
            worst_files.sentence,
            'no file of the newest delivery has enough rows (gate_least_events)'
        ) as sentence
    from logs
    left join worst_files on logs.source_table = worst_files.source_table

),

ages as (

    select
        log_end.newest_event_timestamp,
        {{ elapsed_seconds('log_end.newest_event_timestamp', 'delivered.newest_modified_at') }}
        / 3600 as hours,
        {{ elapsed_seconds('delivered.first_modified_at', 'delivered.newest_modified_at') }}
        > 3600 * {{ var('gate_delivery_hours') }} as has_several_deliveries
    from delivered
    cross join log_end

),

-- files that came together may be a copy, and a log of long ago is studied, not delivered
judged_ages as (

    select * from ages
    where
        has_several_deliveries
        and hours <= 24 * {{ var('max_gap_days') }}

),

age as (

    select
        'age of the log' as gate,
        'log' as about,
        max(hours) as value,
        case
            when count(*) = 0 then 'the files came in one delivery, or the log is one of the past'
            else concat(
                    'the newest event is of ', cast(max(newest_event_timestamp) as date), ', ',
                    cast(floor(max(hours)) as bigint), ' h before the newest file came'
                )
        end as sentence
    from judged_ages

),

gone as (

    select
        'vanished files' as gate,
        'log' as about,
        cast(count(*) as {{ type_double() }}) as value,
        case
            when count(*) = 0 then 'no file that was read is gone'
            else concat(
                    count(*), ' files that were read are gone, such as ',
                    min({{ in_byte_order('path') }}),
                    ': put them back, or take the log as it is (dbt build --full-refresh)'
                )
        end as sentence
    from vanished

),

final as (

    select * from rejected
    union all
    select * from age
    union all
    select * from gone

)

select * from final
