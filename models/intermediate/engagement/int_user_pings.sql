-- depends_on: {{ ref('int_interactions') }}, {{ ref('int_exposures') }}
-- depends_on: {{ ref('int_date_bounds') }}, {{ ref('int_pings') }}
-- Where the table is there already, only those pairs are computed that have new events, or whose
-- ping has got another length.
{{ config(
    materialized=grown_table() if var('affinity_window_days') is none else 'table',
    incremental_strategy=grown_by('replace_rows'),
    unique_key=['user_key', 'ping_key'],
    meta={
        'grows_with_log': true, 'event_weights': true,
        'variables': [
            'watch_time_ratio_cap', 'max_watch_time_sec', 'affinity_window_days',
            'ratio_without_watch_time', 'max_future_days', 'max_gap_days'
        ],
    },
    post_hook="{{ remember_batch() }}",
) }}

with

{% if is_incremental() -%}
changed_events as (

    {{ changed_events() | trim }}

),

changed_pairs as (

    select
        user_key,
        ping_key
    from changed_events
    union
    select
        old_pairs.user_key,
        old_pairs.ping_key
    from {{ this }} as old_pairs
    inner join {{ ref('int_pings') }} as pings on old_pairs.ping_key = pings.ping_key
    where old_pairs.duration_sec <> pings.duration_sec

),

{% endif -%}
events as (

    select
        user_key,
        ping_key,
        event_timestamp,
        case when is_impression then event_timestamp end as impression_timestamp,
        case when is_engagement then event_timestamp end as engagement_timestamp,
        case when is_view then event_timestamp end as view_timestamp,
        duration_sec,
        event_score
    from {{ ref('int_scored_events') }}
    {%- if is_incremental() %}
    where (user_key, ping_key) in (select * from changed_pairs)
    {%- endif %}

),

-- not used without an affinity window
log_span as (  -- noqa: ST03
    {{ log_span() }}
),

-- what exact_sum leaves out; hardly any log has one
giant_scores as (

    select
        user_key,
        ping_key,
        sum(event_score) as engagement_score
    from events
    where
        event_score >= {{ exact_sum_limit() }}
        or event_score <= -{{ exact_sum_limit() }}
    group by user_key, ping_key

),

grouped as (

    select
        events.user_key,
        events.ping_key,
        {{ exact_sum('events.event_score', with_giants=false) }} as engagement_score,
        max(events.duration_sec) as duration_sec,
        count(*) as n_events,
        {% if var('affinity_window_days') is none -%}
        count(*) as n_affinity_events,
        {% else -%}
        count(*) filter (
            where
            events.event_timestamp
            >= {{ add_days('log_span.newest_event_timestamp', -(var('affinity_window_days') | int)) }}
        ) as n_affinity_events,
        {% endif -%}
        count(events.engagement_timestamp) as n_engagements,
        count(events.impression_timestamp) as n_impressions,
        min(events.event_timestamp) as first_event_timestamp,
        max(events.event_timestamp) as last_event_timestamp,
        min(events.impression_timestamp) as first_impression_timestamp,
        max(events.impression_timestamp) as last_impression_timestamp,
        min(events.engagement_timestamp) as first_engagement_timestamp,
        min(events.view_timestamp) as first_view_timestamp
    from events
    {% if var('affinity_window_days') is not none -%}
    cross join log_span
    {% endif -%}
    group by events.user_key, events.ping_key

),

final as (

    select
        grouped.user_key,
        grouped.ping_key,
        grouped.engagement_score + coalesce(giant_scores.engagement_score, 0) as engagement_score,
        grouped.duration_sec,
        grouped.n_events,
        grouped.n_affinity_events,
        grouped.n_engagements,
        grouped.n_impressions,
        grouped.first_event_timestamp,
        grouped.last_event_timestamp,
        grouped.first_impression_timestamp,
        grouped.last_impression_timestamp,
        grouped.first_engagement_timestamp,
        grouped.first_view_timestamp
    from grouped
    left join giant_scores
        on
            grouped.user_key = giant_scores.user_key
            and grouped.ping_key = giant_scores.ping_key
    {%- if is_incremental() %}
    union all
    -- a pair whose last event became a copy of another's is no more
    select
        changed_pairs.user_key,
        changed_pairs.ping_key,
        0 as engagement_score,
        0 as duration_sec,
        0 as n_events,
        0 as n_affinity_events,
        0 as n_engagements,
        0 as n_impressions,
        null as first_event_timestamp,
        null as last_event_timestamp,
        null as first_impression_timestamp,
        null as last_impression_timestamp,
        null as first_engagement_timestamp,
        null as first_view_timestamp
    from changed_pairs
    left join grouped
        on
            changed_pairs.user_key = grouped.user_key
            and changed_pairs.ping_key = grouped.ping_key
    where grouped.ping_key is null
    {%- endif %}

)

select * from final
