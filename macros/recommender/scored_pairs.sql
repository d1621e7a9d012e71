{# A query that scores pairs by the heuristic: the pairs with the five parts and their sum.

   pairs: a relation with cutoff_key, user_key and ping_key, once each.
   ping_ranks, user_categories, creator_affinities: the models int_ping_ranks, int_user_categories and
   int_user_creator_affinities, or CTEs that import them. #}
{% macro scored_pairs(pairs, ping_ranks, user_categories, creator_affinities) %}
    select
        {{ pairs }}.cutoff_key,
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key,
        {{ ping_ranks }}.ping_order,
        {{ ping_ranks }}.popularity_part,
        coalesce({{ user_categories }}.affinity_part, 0) as category_part,
        coalesce({{ creator_affinities }}.affinity_part, 0) as creator_part,
        {{ ping_ranks }}.freshness_part,
        coalesce({{ user_categories }}.declared_part, 0) as declared_part,
        {{ user_categories }}.affinity is not null as has_category_affinity,
        {{ creator_affinities }}.affinity is not null as has_creator_affinity,
        {{ heuristic_score(
            ping_ranks ~ '.base_score',
            user_categories ~ '.affinity_part',
            creator_affinities ~ '.affinity_part',
            user_categories ~ '.declared_part'
        ) }} as score
    from {{ pairs }}
    inner join {{ ping_ranks }}
        on
            {{ same_cutoff(pairs, ping_ranks) }}
            and {{ pairs }}.ping_key = {{ ping_ranks }}.ping_key
    left join {{ user_categories }}
        on
            {{ same_cutoff(pairs, user_categories) }}
            and {{ pairs }}.user_key = {{ user_categories }}.user_key
            and {{ ping_ranks }}.category_key = {{ user_categories }}.category_key
    left join {{ creator_affinities }}
        on
            {{ same_cutoff(pairs, creator_affinities) }}
            and {{ pairs }}.user_key = {{ creator_affinities }}.user_key
            and {{ ping_ranks }}.creator_key = {{ creator_affinities }}.creator_key
{% endmacro %}
