-- The one pass over the events: they are counted by each key that dimensions are looked up by.
{{ config(materialized=change_materialization()) }}
{%- set keys = {
    'user': ['user_key'], 'ping': ['ping_key', 'age_group'], 'hour': ['hour_of_day'],
    'watch_time': ['has_watch_time'], 'candidate_reason': ['category_part', 'creator_part'],
} %}

with

events as (

    select * from {{ ref('int_scored_events') }}

),

impressions as (

    select * from {{ ref('int_impressions') }}
    where not has_view_within_24h

),

pings as (

    select * from {{ ref('int_pings') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

user_firsts as (

    select * from {{ ref('int_change_user_firsts') }}

),

-- a handful; the limit tells Spark so, which then takes them to the events
change_spans as (

    select distinct
        part,
        part_starts_at,
        part_ends_at
    from {{ ref('int_change_spans') }}
    order by part
    limit 1000

),

happened as (

    select
        user_key,
        ping_key,
        event_timestamp,
        event_type_key,
        {{ is_watched_through('watch_time_ratio') }} as is_watched_through,
        case when is_view then watch_time_sec is not null end as has_watch_time
    from events
    union all
    -- no type: an impression that no view followed
    select
        user_key,
        ping_key,
        event_timestamp,
        cast(null as integer) as event_type_key,
        false as is_watched_through,
        cast(null as boolean) as has_watch_time
    from impressions

),

keyed as (

    select
        change_spans.part,
        happened.user_key,
        happened.ping_key,
        {{ ping_age_group(elapsed_seconds('pings.created_at', 'happened.event_timestamp')) }}
            as age_group,
        cast(extract(hour from happened.event_timestamp) as integer) as hour_of_day,
        case when happened.has_watch_time then 1 when not happened.has_watch_time then 0 end
            as has_watch_time,
        coalesce(categories.first_part, 0) as category_part,
        coalesce(creators.first_part, 0) as creator_part,
        happened.event_type_key,
        happened.is_watched_through
    from happened
    inner join change_spans
        on
            happened.event_timestamp >= change_spans.part_starts_at
            and happened.event_timestamp < change_spans.part_ends_at
    inner join pings on happened.ping_key = pings.ping_key
    left join user_firsts as categories
        on
            happened.user_key = categories.user_key
            and pings.category_key = categories.category_key
    left join user_firsts as creators
        on
            happened.user_key = creators.user_key
            and pings.creator_key = creators.creator_key

),

-- equal events of a key first, of which there are few kinds; one key after the other, since all at
-- once (grouping sets) take the memory of all
counted as (
    {% for name, columns in keys.items() %}
    select
        '{{ name }}' as key_kind,
        part,
        {% for column in keys.values() | sum(start=[]) -%}
        {{ column if column in columns else 'cast(null as integer) as ' ~ column }},
        {% endfor -%}
        event_type_key,
        is_watched_through,
        count(*) as n_events
    from keyed
    group by
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        part,
        event_type_key,
        is_watched_through
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        counted.key_kind,
        counted.part,
        {% for column in keys.values() | sum(start=[]) -%}
        counted.{{ column }},
        {% endfor -%}
        cast(coalesce(
            sum(counted.n_events) filter (where counted.event_type_key is not null), 0
        ) as bigint) as n_events,
        {{ event_counts('counted') | trim }},
        cast(coalesce(
            sum(counted.n_events) filter (where counted.event_type_key is null), 0
        ) as bigint) as impressions_without_view_24h
    from counted
    left join event_weights on counted.event_type_key = event_weights.event_type_key
    group by
        counted.key_kind,
        counted.part,
        {%- for column in keys.values() | sum(start=[]) %}
        counted.{{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}

)

select * from final
