with

ping_global_scores as (

    select * from {{ ref('ping_global_scores') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        ping_global_scores.ping_id,
        ping_global_scores.global_engagement,
        ping_global_scores.users_interacted,
        ping_global_scores.engagement_rank,
        pings.creator_id,
        pings.main_hashtag,
        pings.category,
        pings.duration_sec,
        pings.created_at
    from ping_global_scores
    inner join pings on ping_global_scores.ping_id = pings.ping_id
    where ping_global_scores.engagement_rank <= {{ var('top_pings_count') }}

)

select * from final
