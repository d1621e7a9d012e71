-- The one place that knows who makes what is served. A view: it copies no list.
{{ config(materialized='view') }}

with

recommendations as (

    {% if var('serving_strategy') == 'heuristic' -%}
    select
        *,
        cast('heuristic' as {{ dbt.type_string() }}) as strategy,
        cast(0 as {{ type_double() }}) as rerank_part,
        cast(null as {{ dbt.type_string() }}) as reason
    from {{ ref('int_heuristic_lists') }}
    where
        {{ is_serving_cutoff() }}
        and list_rank <= {{ list_length() }}
    {%- else -%}
    select * from {{ ref('int_ranking_recommendations') }}
    {%- endif %}

),

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
        reason
    from recommendations

)

select * from final
