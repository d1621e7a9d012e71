-- How many engagements (views, likes, comments, shares) does an impression bring? The same as
-- recommender_health, segment and window `all`.
with

interactions as (

    select * from {{ ref('interactions') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

counted as (

    select
        count(*) filter (where event_weights.is_engagement) as engagements,
        count(*) filter (where interactions.event_type = 'impression') as impressions
    from interactions
    inner join event_weights on interactions.event_type = event_weights.event_type

)

select
    engagements,
    impressions,
    {{ safe_divide('engagements', 'impressions') }} as engagement_per_impression
from counted
