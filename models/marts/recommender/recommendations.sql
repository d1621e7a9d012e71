with

recommendations as (

    select * from {{ served_recommendations() }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where cutoff_key = 0

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
        pings.category,
        pings.main_hashtag,
        pings.creator_id,
        {% if var('serving_strategy') != 'heuristic' -%}
        coalesce(recommendations.strategy, 'heuristic') as strategy,
        coalesce(recommendations.rerank_part, 0) as rerank_part,
        coalesce(recommendations.reason, {{ recommendation_reason(
            category='pings.category',
            has_category_affinity='recommendations.has_category_affinity',
            has_creator_affinity='recommendations.has_creator_affinity',
            popularity='ping_scores.popularity',
            freshness='ping_scores.freshness',
        ) }}) as reason
        {%- else -%}
        'heuristic' as strategy,
        cast(0 as {{ type_double() }}) as rerank_part,
        {{ recommendation_reason(
            category='pings.category',
            has_category_affinity='recommendations.has_category_affinity',
            has_creator_affinity='recommendations.has_creator_affinity',
            popularity='ping_scores.popularity',
            freshness='ping_scores.freshness',
        ) }} as reason
        {%- endif %}
    from recommendations
    inner join users on recommendations.user_key = users.user_key
    inner join pings on recommendations.ping_key = pings.ping_key
    inner join ping_scores on recommendations.ping_key = ping_scores.ping_key

)

select * from final
