{%- set of_events = [
    'n_watched_through', 'n_above_length', 'n_of_zero', 'n_without_watch_time',
    'n_without_event_id', 'n_without_loaded_at',
] %}
{%- set of_totals = ['n_events', 'active_users', 'most_of_a_user', 'most_in_a_second'] %}
{%- for name in [
    'country', 'region', 'signup_date', 'age', 'blocklist', 'category', 'creator_id',
    'main_hashtag', 'created_at', 'duration_sec', 'quality_score', 'region_restriction',
] %}
{%- do of_totals.append('n_without_' ~ name) %}
{%- endfor %}

with

days as (

    select * from {{ ref('int_alert_days') }}

),

events as (

    select * from {{ ref('int_alert_events') }}

),

totals as (

    select * from {{ ref('int_alert_totals') }}

),

arrivals as (

    select * from {{ ref('int_alert_arrivals') }}

),

cohort_days as (

    select * from {{ ref('int_cohort_days') }}

),

impression_days as (

    select * from {{ ref('int_impression_days') }}
    where segment = 'all'

),

event_days as (

    select
        event_date,
        {% for name in of_events -%}
        sum({{ name }}) as {{ name }},
        {% endfor -%}
        sum(case when is_view then n_events else 0 end) as views,
        sum(case when is_impression then n_events else 0 end) as impressions,
        sum(case when is_engagement then n_events else 0 end) as engagements
    from events
    group by event_date

),

-- what became of impressions is known of all of them, whenever they arrived
all_impressions as (

    select
        event_date,
        sum(impressions) as n_impressions
    from cohort_days
    group by event_date

),

arrival_days as (

    select
        arrival_date,
        sum(n_rows) as n_rows,
        sum(n_late) as n_late,
        sum(n_with_arrival) as n_with_arrival,
        sum(n_without_dwell_time) as n_without_dwell_time,
        sum(case when source_table = 'exposures' then n_accepted else 0 end) as n_exposures
    from arrivals
    group by arrival_date

),

final as (

    select
        days.event_date,
        {%- for name in of_events + ['views', 'impressions', 'engagements'] %}
        cast(coalesce(event_days.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        {%- for name in of_totals %}
        cast(coalesce(totals.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        {%- for name in [
            'n_rows', 'n_late', 'n_with_arrival', 'n_without_dwell_time', 'n_exposures'
        ] %}
        cast(coalesce(arrival_days.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        cast(coalesce(all_impressions.n_impressions, 0) as bigint) as n_impressions,
        cast(coalesce(impression_days.impressions_without_view_24h, 0) as bigint)
            as n_without_view
    from days
    left join event_days on days.event_date = event_days.event_date
    left join totals on days.event_date = totals.event_date
    left join arrival_days on days.event_date = arrival_days.arrival_date
    left join all_impressions on days.event_date = all_impressions.event_date
    left join impression_days on days.event_date = impression_days.event_date

)

select * from final
