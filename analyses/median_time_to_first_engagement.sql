-- How long after an impression comes the user's first engagement (view, like, comment, share) with
-- that ping?
-- The same as recommender_health, segment and window `all`.
with

impressions as (

    select * from {{ ref('interactions') }}
    where event_type = 'impression'

),

engagement_types as (

    select event_type from {{ ref('stg_event_weights') }}
    where is_engagement

),

engagements as (

    select interactions.*
    from {{ ref('interactions') }} as interactions
    inner join engagement_types on interactions.event_type = engagement_types.event_type

),

moments as (

    select distinct
        user_id,
        ping_id,
        event_timestamp
    from impressions

),

first_engagements as (

    select
        moments.user_id,
        moments.ping_id,
        moments.event_timestamp,
        min(engagements.event_timestamp) as first_engagement_timestamp
    from moments
    inner join engagements
        on
            moments.user_id = engagements.user_id
            and moments.ping_id = engagements.ping_id
            and moments.event_timestamp <= engagements.event_timestamp
    group by moments.user_id, moments.ping_id, moments.event_timestamp

)

select
    count(*) as engaged_impressions,
    percentile_cont(0.5) within group (
        order by
            {{ elapsed_seconds(
                'impressions.event_timestamp', 'first_engagements.first_engagement_timestamp'
            ) }}
    ) as median_seconds_to_first_engagement
from impressions
inner join first_engagements
    on
        impressions.user_id = first_engagements.user_id
        and impressions.ping_id = first_engagements.ping_id
        and impressions.event_timestamp = first_engagements.event_timestamp
