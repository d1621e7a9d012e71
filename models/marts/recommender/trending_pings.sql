with

recent_engagement as (

    select * from {{ ref('int_recent_engagement') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue

),

pings as (

    select * from {{ ref('int_pings') }}

),

ranked as (

    select
        recent_engagement.ping_key,
        recent_engagement.recent_engagement,
        ping_scores.global_engagement,
        row_number() over (
            order by
                recent_engagement.recent_engagement desc,
                ping_scores.global_engagement desc,
                ping_scores.ping_order
        ) as trending_rank
    from recent_engagement
    inner join ping_scores on recent_engagement.ping_key = ping_scores.ping_key

),

final as (

    select
        cast(ranked.trending_rank as bigint) as trending_rank,
        pings.ping_id,
        ranked.recent_engagement,
        ranked.global_engagement,
        pings.creator_id,
        pings.main_hashtag,
        pings.category,
        pings.duration_sec,
        pings.created_at
    from ranked
    inner join pings on ranked.ping_key = pings.ping_key
    where ranked.trending_rank <= {{ var('top_pings_count') }}

)

select * from final
