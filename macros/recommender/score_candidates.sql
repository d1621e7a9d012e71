{# Scores (user, ping) pairs by the heuristic: a select with the four parts and their sum.

   candidates: name of a CTE with user_key and ping_key, once each.
   Needs the CTEs ping_ranks, category_affinities and creator_affinities beside it. #}
{% macro score_candidates(candidates) %}
    select
        {{ candidates }}.user_key,
        {{ candidates }}.ping_key,
        ping_ranks.popularity_part,
        coalesce(category_affinities.affinity_part, 0) as category_part,
        coalesce(creator_affinities.affinity_part, 0) as creator_part,
        ping_ranks.freshness_part,
        category_affinities.affinity is not null as has_category_affinity,
        creator_affinities.affinity is not null as has_creator_affinity,
        {{ heuristic_score(
            'ping_ranks.base_score', 'category_affinities.affinity_part', 'creator_affinities.affinity_part'
        ) }} as score
    from {{ candidates }}
    inner join ping_ranks on {{ candidates }}.ping_key = ping_ranks.ping_key
    left join category_affinities
        on
            {{ candidates }}.user_key = category_affinities.user_key
            and ping_ranks.category_key = category_affinities.category_key
    left join creator_affinities
        on
            {{ candidates }}.user_key = creator_affinities.user_key
            and ping_ranks.creator_key = creator_affinities.creator_key
{% endmacro %}
