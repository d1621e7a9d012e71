-- A view, so that an evaluation shows as soon as it is recorded.
{{ config(materialized='view') }}

with

recommender_health as (

    select * from {{ ref('int_recommender_health') }}

),

served_strategy as (

    -- one row, which Spark believes of an aggregate: else it takes the cross join for a large one
    select max(strategy) as strategy from {{ ref('int_served_strategy') }}

),

evaluation_metrics as (

    select * from {{ ref('evaluation_metrics') }}
    where
        metric = 'hit_rate'
        and k = 10

),

by_recency as (

    select
        *,
        row_number() over (
            partition by strategy, segment
            order by recorded_at desc, as_of desc
        ) as recency
    from evaluation_metrics

),

final as (

    select
        recommender_health.*,
        by_recency.value as hitrate_at_10,
        by_recency.as_of as hitrate_as_of,
        served_strategy.strategy as hitrate_strategy
    from recommender_health
    cross join served_strategy
    left join by_recency
        on
            recommender_health.segment = by_recency.segment
            and served_strategy.strategy = by_recency.strategy
            and by_recency.recency = 1

)

select * from final
