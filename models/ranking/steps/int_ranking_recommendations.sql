-- The lists of the stage that serves; a user whom it has no list for, or every user where it was
-- skipped, gets the heuristic's.
{% set sources = ['heuristic', 'popular', 'trending', 'topic', 'creator', 'covisitation'] %}
with

served as (

    select * from {{ ref('int_ranking_served') }}

),

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

),

recommendations as (

    select * from {{ ref('int_recommendations') }}

),

served_users as (

    select distinct user_key from served

),

final as (

    select
        served.user_key,
        served.ping_key,
        served.popularity_part,
        served.category_part,
        served.creator_part,
        served.freshness_part,
        false as has_category_affinity,
        false as has_creator_affinity,
        served.score,
        served.list_rank,
        '{{ var('serving_strategy') }}' as strategy,
        served.rerank_part,
        'from ' || substring(
            {% for source in sources -%}
            case when candidates.{{ source }}_rank is not null then ', {{ source }}' else '' end
            {%- if not loop.last %}
            || {% endif -%}
            {% endfor %},
            3
        )
        || case when served.pushed_by <> '' then '; ' || served.pushed_by else '' end as reason
    from served
    inner join candidates
        on
            served.user_key = candidates.user_key
            and served.ping_key = candidates.ping_key
    union all
    select
        recommendations.user_key,
        recommendations.ping_key,
        recommendations.popularity_part,
        recommendations.category_part,
        recommendations.creator_part,
        recommendations.freshness_part,
        recommendations.has_category_affinity,
        recommendations.has_creator_affinity,
        recommendations.score,
        recommendations.list_rank,
        'heuristic' as strategy,
        0 as rerank_part,
        cast(null as {{ dbt.type_string() }}) as reason
    from recommendations
    left join served_users on recommendations.user_key = served_users.user_key
    where served_users.user_key is null

)

select * from final
