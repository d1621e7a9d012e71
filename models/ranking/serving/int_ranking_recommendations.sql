-- The lists of the stage that serves; a user whom it has fewer pings for than the heuristic has, or
-- every user where it was skipped, gets the heuristic's.
with

served as (

    select * from {{ ref('int_ranking_served_lists') }}

),

serving_choice as (

    select * from {{ ref('int_ranking_serving_choice') }}

),

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

),

recommendations as (

    select * from {{ ref('int_heuristic_lists') }}
    where
        cutoff_key = 0
        and list_rank <= {{ list_length() }}

),

lengths as (

    select
        user_key,
        count(*) as list_length
    from recommendations
    where list_rank <= {{ var('top_k') }}
    group by user_key

),

served_lengths as (

    select
        user_key,
        count(*) as list_length
    from served
    where list_rank <= {{ var('top_k') }}
    group by user_key

),

served_users as (

    select served_lengths.user_key
    from served_lengths
    left join lengths on served_lengths.user_key = lengths.user_key
    where served_lengths.list_length >= coalesce(lengths.list_length, 0)

),

final as (

    select
        served.user_key,
        served.ping_key,
        served.popularity_part,
        served.category_part,
        served.creator_part,
        served.freshness_part,
        0 as declared_part,
        false as has_category_affinity,
        false as has_creator_affinity,
        served.score,
        served.list_rank,
        serving_choice.strategy,
        served.rerank_part,
        'from ' || {{ candidate_sources('candidates') }}
        || case when served.pushed_by <> '' then '; ' || served.pushed_by else '' end as reason
    from served
    inner join served_users on served.user_key = served_users.user_key
    inner join candidates
        on
            served.user_key = candidates.user_key
            and served.ping_key = candidates.ping_key
    cross join serving_choice
    union all
    select
        recommendations.user_key,
        recommendations.ping_key,
        recommendations.popularity_part,
        recommendations.category_part,
        recommendations.creator_part,
        recommendations.freshness_part,
        recommendations.declared_part,
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
