-- How many views, likes, comments and shares does an impression bring? The same as
-- recommender_health, segment and window `all`.
with

interactions as (

    select * from {{ ref('interactions') }}

)

select
    count(*) filter (where event_type in ('view', 'like', 'comment', 'share')) as engagements,
    count(*) filter (where event_type = 'impression') as impressions,
    {{ safe_divide(
        "count(*) filter (where event_type in ('view', 'like', 'comment', 'share'))",
        "count(*) filter (where event_type = 'impression')"
    ) }} as engagement_per_impression
from interactions
