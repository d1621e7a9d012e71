-- Which share of the views is watched to (nearly) the end? The same as recommender_health, segment
-- and window `all`.
with

interactions as (

    select * from {{ ref('interactions') }}
    where event_type = 'view'

)

select
    count(*) as views,
    count(*) filter (where watch_time_ratio >= {{ var('watch_through_ratio') }})
        as watched_through_views,
    {{ safe_divide(
        'count(*) filter (where watch_time_ratio >= ' ~ var('watch_through_ratio') ~ ')', 'count(*)'
    ) }} as watch_through_rate
from interactions
