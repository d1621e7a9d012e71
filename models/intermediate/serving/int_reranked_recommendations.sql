-- The last places of a list are those that are drawn, in the order of the draw.
{% set places = drawn_places() | int %}
{% set columns = [
    'popularity_part', 'category_part', 'creator_part', 'freshness_part', 'declared_part',
    'has_category_affinity', 'has_creator_affinity', 'score',
] %}
with

recommendations as (

    select * from {{ ref('int_strategy_recommendations') }}

),

picks as (

    select * from {{ ref('int_reranked_picks') }}

),

drawn_pings as (

    select * from {{ ref('int_drawn_pings') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

-- whatever serves: a trained stage has scores of candidates only
scored as (

    {{ scored_pairs('drawn_pings', 'ping_ranks', 'user_categories', 'creator_affinities') | trim }}

),

drawn_users as (

    select distinct user_key from drawn_pings

),

picked as (

    select
        recommendations.user_key,
        recommendations.ping_key,
        picks.picked_rank as list_rank,
        {% for column in columns -%}
        recommendations.{{ column }},
        {% endfor -%}
        recommendations.rerank_part,
        recommendations.strategy,
        recommendations.reason,
        cast(1 as {{ type_double() }}) as propensity
    from recommendations
    inner join picks
        on
            recommendations.user_key = picks.user_key
            and recommendations.ping_key = picks.ping_key
    left join drawn_users on recommendations.user_key = drawn_users.user_key
    where
        picks.picked_rank <= {{ var('top_k') | int - places }}
        or drawn_users.user_key is null

),

drawn as (

    select
        drawn_pings.user_key,
        drawn_pings.ping_key,
        {{ var('top_k') | int - places }} + drawn_pings.place_number as list_rank,
        {% for column in columns -%}
        scored.{{ column }},
        {% endfor -%}
        cast(0 as {{ type_double() }}) as rerank_part,
        'drawn' as strategy,
        'drawn among new pings' as reason,
        drawn_pings.propensity
    from drawn_pings
    inner join scored
        on
            drawn_pings.user_key = scored.user_key
            and drawn_pings.ping_key = scored.ping_key

),

final as (

    select * from picked
    union all
    select * from drawn

)

select * from final
