-- Built whole each time: where an experiment starts or ends, and who is in it, is what it is at the
-- time of the build.
{%- set new_session = 'gap_sec is null or gap_sec > ' ~ var('session_timeout_minutes') ~ ' * 60' %}

with

experiment_users as (

    select * from {{ ref('int_experiment_users') }}
    where is_analysed

),

events as (

    select * from {{ ref('int_scored_events') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

counting_events as (

    select
        experiment_users.experiment_id,
        experiment_users.user_key,
        events.event_timestamp < experiment_users.entered_at as is_pre,
        cast(events.event_timestamp as date) as event_date,
        events.event_timestamp,
        events.ping_key,
        events.event_type,
        events.is_impression,
        events.is_view,
        events.is_engagement,
        {{ counted_watch_time('events.watch_time_sec') }} as watch_time_sec,
        events.watch_time_ratio
    from events
    inner join experiment_users on events.user_key = experiment_users.user_key
    where
        (
            events.event_timestamp >= experiment_users.first_exposure_at
            and (
                experiment_users.ended_at is null
                or events.event_timestamp < experiment_users.ended_at
            )
        )
        or (
            events.event_timestamp < experiment_users.entered_at
            and events.event_timestamp
            >= {{ add_days('experiment_users.entered_at', -var('experiment_pre_period_days')) }}
        )

),

gaps as (

    select
        counting_events.*,
        {{ elapsed_seconds(
            'lag(event_timestamp) over (
                partition by experiment_id, user_key, is_pre order by event_timestamp
            )', 'event_timestamp'
        ) }} as gap_sec
    from counting_events

),

counted as (

    select
        experiment_id,
        user_key,
        is_pre,
        event_date,
        count(case when is_impression then 1 end) as impressions,
        count(case when is_view then 1 end) as views,
        count(case when {{ is_watched_through('watch_time_ratio') }} then 1 end)
            as watched_through_views,
        count(case when is_engagement then 1 end) as engagements,
        {{ exact_sum('case when is_view then coalesce(watch_time_sec, 0) else 0 end') }}
            as watch_time_sec,
        {% for name, event_type in event_types().items()
            if name in ['likes', 'shares', 'comments', 'follows', 'hides'] -%}
        count(case when {{ is_event_type('gaps', event_type) }} then 1 end) as {{ name }},
        {% endfor -%}
        count(case when {{ new_session }} then 1 end) as sessions,
        {{ exact_sum('case when ' ~ new_session ~ ' then 0 else gap_sec end') }} as session_sec
    from gaps
    group by experiment_id, user_key, is_pre, event_date

),

first_pings as (

    select
        experiment_id,
        user_key,
        is_pre,
        ping_key,
        min(event_date) as event_date
    from counting_events
    group by experiment_id, user_key, is_pre, ping_key

),

first_creators as (

    select
        first_pings.experiment_id,
        first_pings.user_key,
        first_pings.is_pre,
        pings.creator_key,
        min(first_pings.event_date) as event_date
    from first_pings
    inner join pings on first_pings.ping_key = pings.ping_key
    where pings.creator_key <> 0
    group by
        first_pings.experiment_id, first_pings.user_key, first_pings.is_pre, pings.creator_key

),

{% for thing in ['ping', 'creator'] -%}
new_{{ thing }}s as (

    select
        experiment_id,
        user_key,
        is_pre,
        event_date,
        count(*) as n_new
    from first_{{ thing }}s
    group by experiment_id, user_key, is_pre, event_date

),

{% endfor -%}
final as (

    select
        counted.*,
        1 as active_days,
        coalesce(new_pings.n_new, 0) as distinct_pings,
        coalesce(new_creators.n_new, 0) as distinct_creators
    from counted
    {% for thing in ['pings', 'creators'] -%}
    left join new_{{ thing }}
        on
            counted.experiment_id = new_{{ thing }}.experiment_id
            and counted.user_key = new_{{ thing }}.user_key
            and counted.is_pre = new_{{ thing }}.is_pre
            and counted.event_date = new_{{ thing }}.event_date
    {% endfor %}
)

select * from final
