{# A query that reads the shuffled circle of the catalogue from each user's place on, as far as the user's depth: user_key,
   ping_key and place_number, 1 for the first place after the start.

   starts: a relation with user_key, start_place, depth and catalogue_pings. circle: the model int_random_circle, or a CTE
   that imports it. #}
{% macro circle_walk(starts, circle) %}
    select
        places.user_key,
        {{ circle }}.ping_key,
        places.place_number
    from (
        select
            {{ starts }}.user_key,
            numbers.circle_rank as place_number,
            1 + ({{ starts }}.start_place + numbers.circle_rank) % {{ starts }}.catalogue_pings as circle_rank
        from {{ starts }}
        -- the tier of any rank is among these
        inner join ({{ number_rows(40) }}) as tiers on {{ rank_tier(starts ~ '.depth') }} >= tiers.n
        inner join {{ circle }} as numbers on tiers.n = numbers.rank_tier
        where numbers.circle_rank <= {{ starts }}.depth
    ) as places
    inner join {{ circle }} on places.circle_rank = {{ circle }}.circle_rank
{% endmacro %}
