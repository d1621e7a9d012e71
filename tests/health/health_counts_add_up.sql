-- Views and impressions are the same by window, by day and by event.
with

health as (

    select
        views,
        impressions
    from {{ ref('recommender_health') }}
    where
        segment = 'all'
        and time_window = 'all'

),

days as (

    select
        coalesce(sum(views), 0) as views,
        coalesce(sum(impressions), 0) as impressions
    from {{ ref('recommender_health_daily') }}
    where segment = 'all'

),

events as (

    select
        count(*) as n_events,
        count(case when is_view then 1 end) as views,
        count(case when is_impression then 1 end) as impressions
    from {{ ref('int_events') }}

),

sessions as (

    select coalesce(sum(n_events), 0) as n_events from {{ ref('user_sessions') }}

)

select
    health.views,
    days.views as views_by_day,
    events.views as views_by_event
from health
cross join days
cross join events
cross join sessions
where
    health.views <> days.views
    or health.views <> events.views
    or health.impressions <> days.impressions
    or health.impressions <> events.impressions
    or sessions.n_events <> events.n_events
