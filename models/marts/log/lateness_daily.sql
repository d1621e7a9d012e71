{%- set delays = {'1h': 3600, '24h': 86400, '7d': 604800} -%}
{%- set measures = ['events', 'views', 'active_users'] %}

with

events as (

    select
        user_key,
        cast(event_timestamp as date) as event_date,
        event_timestamp,
        loaded_at,
        is_view,
        {{ is_watched_through('watch_time_ratio') }} as is_watched_through,
        {{ is_known_after('event_timestamp', 'loaded_at', 0) }} as is_known_then
    from {{ ref('int_scored_events') }}

),

user_days as (

    select
        event_date,
        user_key,
        count(*) as events,
        count(*) filter (where is_known_then) as events_then,
        count(*) filter (where is_view) as views,
        count(*) filter (where is_view and is_known_then) as views_then,
        count(*) filter (where is_watched_through) as watched_through_views,
        count(*) filter (where is_watched_through and is_known_then) as watched_through_views_then,
        {% for name, seconds in delays.items() -%}
        count(*) filter (
            where {{ elapsed_seconds('event_timestamp', 'loaded_at') }} > {{ seconds }}
        ) as events_over_{{ name }}_late,
        {% endfor -%}
        count(loaded_at) as events_with_arrival
    from events
    group by event_date, user_key

),

days as (

    select
        event_date,
        {% for name in ['events', 'views', 'watched_through_views'] -%}
        cast(sum({{ name }}) as bigint) as {{ name }},
        cast(sum({{ name }}_then) as bigint) as {{ name }}_then,
        {% endfor -%}
        {% for name in delays -%}
        cast(sum(events_over_{{ name }}_late) as bigint) as events_over_{{ name }}_late,
        {% endfor -%}
        cast(sum(events_with_arrival) as bigint) as events_with_arrival,
        count(*) as active_users,
        count(*) filter (where events_then > 0) as active_users_then
    from user_days
    group by event_date

),

log_end as (
    {{ log_end() }}
),

final as (

    select
        days.event_date as date,
        days.events_with_arrival,
        {% for name in delays -%}
        days.events_over_{{ name }}_late,
        {{ safe_divide('days.events_over_' ~ name ~ '_late', 'days.events_with_arrival') }}
            as share_over_{{ name }}_late,
        {% endfor -%}
        {% for name in measures -%}
        days.{{ name }}_then,
        days.{{ name }},
        days.{{ name }} - days.{{ name }}_then as {{ name }}_change,
        {% endfor -%}
        {{ safe_divide('days.watched_through_views_then', 'days.views_then') }}
            as watch_through_rate_then,
        {{ safe_divide('days.watched_through_views', 'days.views') }} as watch_through_rate,
        {{ safe_divide('days.watched_through_views', 'days.views') }}
        - {{ safe_divide('days.watched_through_views_then', 'days.views_then') }}
            as watch_through_rate_change,
        days.event_date > log_end.whole_date as is_provisional
    from days
    cross join log_end

)

select * from final
