with

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where {{ is_serving_cutoff() }}

),

final as (

    select
        users.user_id,
        cast(recommendations.list_rank as bigint) as rank,
        pings.ping_id,
        recommendations.score,
        recommendations.popularity_part,
        recommendations.category_part,
        recommendations.creator_part,
        recommendations.freshness_part,
        recommendations.declared_part,
        pings.category,
        pings.main_hashtag,
        pings.creator_id,
        recommendations.strategy,
        recommendations.rerank_part,
        coalesce(recommendations.reason, {{ recommendation_reason(
            category='pings.category',
            has_category_affinity='recommendations.has_category_affinity',
            has_creator_affinity='recommendations.has_creator_affinity',
            declared_part='recommendations.declared_part',
            popularity='ping_scores.popularity',
            freshness='ping_scores.freshness',
            created_at='pings.created_at',
        ) }}) as reason,
        recommendations.propensity
    from recommendations
    inner join users on recommendations.user_key = users.user_key
    inner join pings on recommendations.ping_key = pings.ping_key
    inner join ping_scores on recommendations.ping_key = ping_scores.ping_key

)

select * from final
