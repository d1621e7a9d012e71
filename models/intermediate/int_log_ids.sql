-- Reading the log for its ids alone costs less than storing text ids in every event: with these,
-- the events get integer keys while they are read for the first time.
with

interactions as (

    select * from {{ ref('stg_interactions') }}
    where is_accepted

),

final as (

    select
        user_id,
        ping_id
    from interactions
    group by grouping sets ((user_id), (ping_id))  -- noqa: PRS

)

select * from final
