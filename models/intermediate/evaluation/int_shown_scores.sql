-- Each strategy by the numbers that its lists go by, so that equal pings have equal scores. A view:
-- only an evaluation of what was shown asks for it.
{{ config(materialized='view') }}

with

pairs as (

    select
        cutoff_key,
        user_key,
        ping_key,
        user_id,
        ping_id
    from {{ ref('int_shown_pairs') }}
    where
        user_key is not null
        and ping_key is not null

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue

),

recent_engagement as (

    select * from {{ ref('int_recent_engagement') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

events as (

    select * from {{ ref('int_scored_events') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

heuristic as (

    {{ scored_pairs('pairs', 'ping_ranks', 'user_categories', 'creator_affinities') | trim }}

),

responses as (

    select
        events.user_key,
        events.ping_key,
        case
            when
                max({{ relevance_grade(
                    'events.is_view', 'events.watch_time_ratio', 'event_weights.relevance_grade'
                ) }}) > 0
                then 1
            else 0
        end as n_responses
    from events
    inner join event_weights on events.event_type_key = event_weights.event_type_key
    group by events.user_key, events.ping_key

),

responded as (

    select
        ping_key,
        sum(n_responses) as n_responses,
        count(*) as n_shown
    from responses
    group by ping_key

),

overall as (

    select {{ safe_divide('sum(n_responses)', 'sum(n_shown)') }} as response_rate
    from responded

),

measured as (

    select
        ping_scores.ping_key,
        ping_scores.global_engagement,
        ping_scores.users_interacted,
        -pings.duration_sec as shortness,
        dense_rank() over (
            order by
                coalesce(recent_engagement.recent_engagement, 0),
                ping_scores.global_engagement
        ) as trending_place,
        cast({{ smoothed_rate(
            'coalesce(responded.n_responses, 0)',
            'coalesce(responded.n_shown, 0)',
            'overall.response_rate'
        ) }} as {{ type_double() }}) as response_rate
    from ping_scores
    inner join pings on ping_scores.ping_key = pings.ping_key
    left join recent_engagement on ping_scores.ping_key = recent_engagement.ping_key
    left join responded on ping_scores.ping_key = responded.ping_key
    cross join overall

),

final as (

    select
        pairs.user_id,
        pairs.ping_id,
        cast({{ shuffle_hash(['pairs.user_id', 'pairs.ping_id']) }} as {{ type_double() }})
            as random,
        cast(measured.global_engagement as {{ type_double() }}) as popular,
        cast(measured.trending_place as {{ type_double() }}) as trending,
        cast(measured.users_interacted as {{ type_double() }}) as impressions,
        measured.response_rate,
        cast(measured.shortness as {{ type_double() }}) as shorter,
        cast(heuristic.score as {{ type_double() }}) as heuristic
    from pairs
    inner join measured on pairs.ping_key = measured.ping_key
    inner join heuristic
        on
            pairs.user_key = heuristic.user_key
            and pairs.ping_key = heuristic.ping_key

)

select * from final
