with

users as (

    select * from {{ ref('stg_users') }}
    where outcome = 'rejected'

),

pings as (

    select * from {{ ref('stg_pings') }}
    where outcome = 'rejected'

),

interactions as (

    select * from {{ ref('int_interactions_set_aside') }}
    where outcome = 'rejected'

),

repeated_interactions as (

    select * from {{ ref('int_repeated_interactions') }}
    where
        outcome = 'accepted'
        and copy_number > 1

),

exposures as (

    select * from {{ ref('stg_exposures') }}
    where outcome = 'rejected'

),

topic_affinities as (

    select * from {{ ref('stg_topic_affinities') }}
    where outcome = 'rejected'

),

final as (

    select
        'users' as source_table,
        reject_reason,
        raw_row
    from users
    union all
    select
        'pings' as source_table,
        reject_reason,
        raw_row
    from pings
    union all
    select
        'interactions' as source_table,
        reject_reason,
        raw_row
    from interactions
    union all
    select
        'interactions' as source_table,
        'duplicate' as reject_reason,
        raw_row
    from repeated_interactions
    union all
    select
        'exposures' as source_table,
        reject_reason,
        raw_row
    from exposures
    union all
    select
        'topic_affinities' as source_table,
        reject_reason,
        raw_row
    from topic_affinities

)

select * from final
