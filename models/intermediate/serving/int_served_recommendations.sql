-- A view: it copies no list.
{{ config(materialized='view') }}

with

{% if var('rerank_enabled') -%}
recommendations as (

    select * from {{ ref('int_reranked_recommendations') }}

),
{%- else -%}
recommendations as (

    select
        *,
        cast(1 as {{ type_double() }}) as propensity
    from {{ ref('int_strategy_recommendations') }}

),
{%- endif %}

final as (

    select
        user_key,
        ping_key,
        list_rank,
        score,
        popularity_part,
        category_part,
        creator_part,
        freshness_part,
        declared_part,
        rerank_part,
        has_category_affinity,
        has_creator_affinity,
        strategy,
        reason,
        propensity
    from recommendations

)

select * from final
