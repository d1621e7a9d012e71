-- Maximal marginal relevance (Carbonell and Goldstein 1998): place by place, the ping with the most
-- of its score, from 0 to 1 within the user's list, less its likeness to the most alike of those
-- picked before: half for the category, half for the creator. Pings of a creator who has
-- creator_limit picks come last. Each place is a pass over the pings that remain, told of the last
-- pick by a window: no engine has to join lists with themselves.
{% set weight = var('diversity_lambda') %}
with

recommendations as (

    select * from {{ ref('int_strategy_recommendations') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

bounds as (

    select
        user_key,
        min(score) as least_score,
        max(score) as most_score
    from recommendations
    group by user_key

),

state_0 as (

    select
        recommendations.user_key,
        recommendations.ping_key,
        recommendations.list_rank,
        pings.category_key,
        pings.creator_key,
        coalesce({{ safe_divide(
            '(recommendations.score - bounds.least_score)',
            '(bounds.most_score - bounds.least_score)'
        ) }}, 0) as relevance,
        cast(0 as {{ type_double() }}) as likeness,
        0 as n_of_creator,
        cast(null as integer) as picked_rank
    from recommendations
    inner join bounds on recommendations.user_key = bounds.user_key
    inner join pings on recommendations.ping_key = pings.ping_key

),

{% for place in range(1, var('top_k') | int + 1) -%}
ordered_{{ place }} as (

    select
        *,
        row_number() over (
            partition by user_key
            order by
                case when picked_rank is null then 0 else 1 end,
                {% if var('creator_limit') is not none -%}
                case when n_of_creator >= {{ var('creator_limit') }} then 1 else 0 end,
                {% endif -%}
                {{ weight }} * relevance - (1 - {{ weight }}) * likeness desc,
                list_rank
        ) as turn
    from state_{{ place - 1 }}

),

told_{{ place }} as (

    select
        *,
        max(case when turn = 1 and category_key <> 0 then category_key end) over (
            partition by user_key
        ) as last_category_key,
        max(case when turn = 1 and creator_key <> 0 then creator_key end) over (
            partition by user_key
        ) as last_creator_key
    from ordered_{{ place }}

),

state_{{ place }} as (

    select
        user_key,
        ping_key,
        list_rank,
        category_key,
        creator_key,
        relevance,
        greatest(
            likeness,
            case when category_key = last_category_key then 0.5 else 0 end
            + case when creator_key = last_creator_key then 0.5 else 0 end
        ) as likeness,
        n_of_creator
        + case when creator_key = last_creator_key then 1 else 0 end as n_of_creator,
        case
            when picked_rank is null and turn = 1 then {{ place }}
            else picked_rank
        end as picked_rank
    from told_{{ place }}

),

{% endfor -%}
final as (

    select
        user_key,
        ping_key,
        creator_key,
        picked_rank
    from state_{{ var('top_k') }}
    where picked_rank is not null

)

select * from final
