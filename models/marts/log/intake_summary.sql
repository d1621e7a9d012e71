with

users as (

    select * from {{ ref('stg_users') }}

),

pings as (

    select * from {{ ref('stg_pings') }}

),

interactions as (

    select * from {{ ref('int_interactions_keyed') }}

),

interactions_set_aside as (

    select * from {{ ref('int_interactions_set_aside') }}
    where outcome <> 'accepted'

),

repeated_interactions as (

    select * from {{ ref('int_repeated_interactions') }}
    where
        outcome = 'accepted'
        and copy_number > 1

),

exposures as (

    select * from {{ ref('stg_exposures') }}

),

topic_affinities as (

    select * from {{ ref('stg_topic_affinities') }}

),

counted as (

    select
        'users' as source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from users
    group by outcome, reject_reason
    union all
    select
        'pings' as source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from pings
    group by outcome, reject_reason
    union all
    select
        'interactions' as source_table,
        outcome,
        case when outcome = 'rejected' then reject_reason end as reject_reason,
        count(*) as row_count
    from interactions_set_aside
    group by outcome, case when outcome = 'rejected' then reject_reason end
    union all
    select
        'interactions' as source_table,
        'accepted' as outcome,
        null as reject_reason,
        count(*) as row_count
    from interactions
    union all
    -- copies were counted as accepted above: they move from there to the rejected
    select
        'interactions' as source_table,
        'accepted' as outcome,
        null as reject_reason,
        -count(*) as row_count
    from repeated_interactions
    union all
    select
        'interactions' as source_table,
        'rejected' as outcome,
        'duplicate' as reject_reason,
        count(*) as row_count
    from repeated_interactions
    union all
    select
        'exposures' as source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from exposures
    group by outcome, reject_reason
    union all
    select
        'topic_affinities' as source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from topic_affinities
    group by outcome, reject_reason

),

final as (

    select
        source_table,
        outcome,
        reject_reason,
        cast(sum(row_count) as bigint) as row_count
    from counted
    group by source_table, outcome, reject_reason
    having sum(row_count) > 0

)

select * from final
