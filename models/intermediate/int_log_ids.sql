-- Reading the log for its ids alone costs less than storing text ids in every event: with these,
-- the events get integer keys while they are read for the first time.
with

interactions as (

    select * from {{ ref('stg_interactions') }}
    where is_accepted

),

exposures as (

    select * from {{ ref('stg_exposures') }}
    where outcome = 'accepted'

),

log as (

    select
        user_id,
        ping_id
    from interactions
    union all
    select
        user_id,
        ping_id
    from exposures

),

final as (

    select
        user_id,
        ping_id
    from log
    group by grouping sets ((user_id), (ping_id))  -- noqa: PRS

)

select * from final
