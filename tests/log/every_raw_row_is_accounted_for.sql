-- Every raw row is accepted, rejected or after as_of, and the tables hold just these: nothing is
-- lost, nothing twice.
with

raw_counts as (

    select
        'users' as source_table,
        count(*) as raw_rows
    from {{ ref('base_users') }}
    union all
    select
        'pings' as source_table,
        count(*) as raw_rows
    from {{ ref('base_pings') }}
    union all
    select
        'interactions' as source_table,
        count(*) as raw_rows
    from {{ ref('base_interactions') }}
    union all
    select
        'exposures' as source_table,
        count(*) as raw_rows
    from {{ ref('base_exposures') }}
    union all
    select
        'topic_affinities' as source_table,
        count(*) as raw_rows
    from {{ ref('base_topic_affinities') }}

),

accepted_counts as (

    select
        'users' as source_table,
        count(*) as accepted_rows
    from {{ ref('users') }}
    union all
    select
        'pings' as source_table,
        count(*) as accepted_rows
    from {{ ref('pings') }}
    union all
    select
        'interactions' as source_table,
        (select count(*) from {{ ref('interactions') }})
        - (select count(*) from {{ ref('int_exposure_events_scored') }}) as accepted_rows
    union all
    -- every exposure is one impression
    select
        'exposures' as source_table,
        count(*) as accepted_rows
    from {{ ref('int_exposure_events') }}
    where
        event_type = 'impression'
        and not is_after_as_of
    union all
    select
        'topic_affinities' as source_table,
        count(*) as accepted_rows
    from {{ ref('declared_affinities') }}

),

rejected_counts as (

    select
        source_table,
        count(*) as rejected_rows
    from {{ ref('rejected_rows') }}
    group by source_table

),

summary as (

    select
        source_table,
        sum(row_count) as summed_rows,
        coalesce(sum(case when outcome = 'accepted' then row_count end), 0) as accepted_rows,
        coalesce(sum(case when outcome = 'rejected' then row_count end), 0) as rejected_rows
    from {{ ref('intake_summary') }}
    group by source_table

)

select
    raw_counts.source_table,
    raw_counts.raw_rows,
    summary.summed_rows,
    summary.accepted_rows as summed_accepted_rows,
    accepted_counts.accepted_rows,
    summary.rejected_rows as summed_rejected_rows,
    rejected_counts.rejected_rows
from raw_counts
inner join accepted_counts on raw_counts.source_table = accepted_counts.source_table
left join rejected_counts on raw_counts.source_table = rejected_counts.source_table
left join summary on raw_counts.source_table = summary.source_table
where
    raw_counts.raw_rows <> coalesce(summary.summed_rows, 0)
    or accepted_counts.accepted_rows <> coalesce(summary.accepted_rows, 0)
    or coalesce(rejected_counts.rejected_rows, 0) <> coalesce(summary.rejected_rows, 0)
