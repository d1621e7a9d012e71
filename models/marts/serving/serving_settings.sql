with

served_strategy as (

    select * from {{ ref('int_served_strategy') }}

),

log_span as (
    {{ log_span() }}
),

final as (

    select
        served_strategy.strategy,
        {{ 'true' if var('rerank_enabled') else 'false' }} as is_reranked,
        cast({{ var('top_k') }} as bigint) as top_k,
        cast({{ var('serving_candidates') }} as bigint) as candidates,
        {%- for part in ['category', 'creator', 'declared'] %}
        {{ var('weight_' ~ part) }} * cast(1 as {{ type_double() }}) as weight_{{ part }},
        {%- endfor %}
        log_span.newest_event_timestamp
    from served_strategy
    cross join log_span

)

select * from final
