-- The catalogue of each cutoff from the best ping to the last: by base score, which the exact Top-K
-- starts from, and in a rewound warehouse by what the baseline strategies go by.
with

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue
        {%- if as_of() is none %}
        and false
        {%- endif %}

),

events as (

    select * from {{ ref('int_scored_events') }}
    {% if as_of() is none -%}
    where false
    {%- endif %}

),

log_span as (
    {{ log_span() }}
),

recent_engagement as (

    select
        events.ping_key,
        {{ exact_sum('events.event_score') }} as recent_engagement
    from events
    cross join log_span
    where
        events.event_timestamp
        >= {{ add_days('log_span.newest_event_timestamp', -var('trending_days')) }}
    group by events.ping_key

),

ordered as (

    select
        cutoff_key,
        'base' as ordering,
        ping_key,
        overall_rank as ordering_rank
    from ping_ranks
    union all
    select
        cutoff_key,
        'popular' as ordering,
        ping_key,
        row_number() over (order by global_engagement desc, ping_order) as ordering_rank
    from ping_scores
    union all
    select
        ping_scores.cutoff_key,
        'trending' as ordering,
        ping_scores.ping_key,
        row_number() over (
            order by
                coalesce(recent_engagement.recent_engagement, 0) desc,
                ping_scores.global_engagement desc,
                ping_scores.ping_order
        ) as ordering_rank
    from ping_scores
    left join recent_engagement on ping_scores.ping_key = recent_engagement.ping_key

),

final as (

    select
        cast(dense_rank() over (order by cutoff_key, ordering) as integer) as ordering_key,
        ordering,
        cutoff_key,
        ping_key,
        ordering_rank,
        {{ rank_tier('ordering_rank') }} as rank_tier
    from ordered

)

select * from final
