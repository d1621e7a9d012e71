{# CTEs that read the shuffled circle of the catalogue from each user's place on, as far as the user's depth. The last one,
   <name>_unseen, has user_key, ping_key and place_number, without what is seen or blocked.

   name: prefix of the CTEs. starts: CTE with user_key, start_place, depth and catalogue_pings. with_blocks: whether any of
   the users may have blocked pings. Needs the CTEs ping_orderings, user_pings, user_blocks and block_pings beside it. #}
{% macro circle_walk(name, starts, with_blocks) %}
{{ name }}_places as (

    {{ join_ranks(starts, 'ping_orderings', 'random_rank', {
        'ping_orderings.random_rank': 'place_number',
        '1 + (' ~ starts ~ '.start_place + ping_orderings.random_rank) % ' ~ starts ~ '.catalogue_pings': 'random_rank',
    }) | trim }}

),

{{ name }}_pairs as (

    select
        {{ name }}_places.user_key,
        {{ name }}_places.place_number,
        ping_orderings.ping_key
    from {{ name }}_places
    inner join ping_orderings on {{ name }}_places.random_rank = ping_orderings.random_rank

),

{% if with_blocks -%}
{{ name }}_blocked as (

    {{ blocked_pairs(name ~ '_pairs') | trim }}

),

{% endif -%}
{{ name }}_unseen as (

    select
        {{ name }}_pairs.user_key,
        {{ name }}_pairs.ping_key,
        {{ name }}_pairs.place_number
    from {{ name }}_pairs
    left join user_pings
        on
            {{ name }}_pairs.user_key = user_pings.user_key
            and {{ name }}_pairs.ping_key = user_pings.ping_key
    {% if with_blocks -%}
    left join {{ name }}_blocked
        on
            {{ name }}_pairs.user_key = {{ name }}_blocked.user_key
            and {{ name }}_pairs.ping_key = {{ name }}_blocked.ping_key
    {% endif -%}
    where
        user_pings.ping_key is null
        {% if with_blocks -%}
        and {{ name }}_blocked.ping_key is null
        {%- endif %}

)
{%- endmacro %}
