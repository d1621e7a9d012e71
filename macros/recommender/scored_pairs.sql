{# A query that scores pairs by the heuristic: the pairs with the four parts and their sum.

   pairs: a relation with cutoff_key, user_key and ping_key, once each.
   ping_ranks, user_affinities: the models of these names, or CTEs that import them. #}
{% macro scored_pairs(pairs, ping_ranks, user_affinities) %}
    select
        {{ pairs }}.cutoff_key,
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key,
        {{ ping_ranks }}.popularity_part,
        coalesce(category_affinities.affinity_part, 0) as category_part,
        coalesce(creator_affinities.affinity_part, 0) as creator_part,
        {{ ping_ranks }}.freshness_part,
        category_affinities.affinity is not null as has_category_affinity,
        creator_affinities.affinity is not null as has_creator_affinity,
        {{ heuristic_score(
            ping_ranks ~ '.base_score', 'category_affinities.affinity_part', 'creator_affinities.affinity_part'
        ) }} as score
    from {{ pairs }}
    inner join {{ ping_ranks }}
        on
            {{ same_cutoff(pairs, ping_ranks) }}
            and {{ pairs }}.ping_key = {{ ping_ranks }}.ping_key
    {% for attribute in ['category', 'creator'] -%}
    left join {{ user_affinities }} as {{ attribute }}_affinities
        on
            {{ same_cutoff(pairs, attribute ~ '_affinities') }}
            and {{ pairs }}.user_key = {{ attribute }}_affinities.user_key
            and {{ ping_ranks }}.{{ attribute }}_key = {{ attribute }}_affinities.{{ attribute }}_key
    {% endfor -%}
{% endmacro %}
