-- Which share of the impressions gets no view of the same user and ping within 24 hours? The same
-- as recommender_health, segment and window `all`.
with

impressions as (

    select * from {{ ref('interactions') }}
    where event_type = 'impression'

),

views as (

    select * from {{ ref('interactions') }}
    where watch_time_ratio is not null

),

moments as (

    select
        user_id,
        ping_id,
        event_timestamp,
        count(*) as n_impressions
    from impressions
    group by user_id, ping_id, event_timestamp

),

seen as (

    select
        moments.user_id,
        moments.ping_id,
        moments.event_timestamp,
        moments.n_impressions,
        count(views.event_timestamp) as n_views
    from moments
    left join views
        on
            moments.user_id = views.user_id
            and moments.ping_id = views.ping_id
            and moments.event_timestamp <= views.event_timestamp
            and {{ elapsed_seconds('moments.event_timestamp', 'views.event_timestamp') }} <= 86400
    group by moments.user_id, moments.ping_id, moments.event_timestamp, moments.n_impressions

)

select
    coalesce(sum(n_impressions) filter (where n_views = 0), 0) as impressions_without_view_24h,
    coalesce(sum(n_impressions), 0) as impressions,
    {{ safe_divide('sum(n_impressions) filter (where n_views = 0)', 'sum(n_impressions)') }}
        as no_view_24h_rate
from seen
