-- Which share of the views is watched to (nearly) the end? The same as recommender_health, segment
-- and window `all`.
with

interactions as (

    select * from {{ ref('interactions') }}
    where watch_time_ratio is not null

),

counted as (

    select
        count(*) as views,
        count(*) filter (where {{ is_watched_through('watch_time_ratio') }})
            as watched_through_views
    from interactions

)

select
    views,
    watched_through_views,
    {{ watch_through_rate('counted') }} as watch_through_rate
from counted
