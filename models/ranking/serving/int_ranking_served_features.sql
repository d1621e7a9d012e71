-- The features of the lists of the strategy that serves, put together as for every other row.
{{ config(materialized='view') }}

with

serving_choice as (

    select * from {{ ref('int_ranking_serving_choice') }}

),

lists as (

    select
        'gbdt' as strategy,
        user_key,
        ping_key,
        list_rank,
        score
    from {{ ref('int_ranking_gbdt_scores') }}
    union all
    select
        'neural' as strategy,
        user_key,
        ping_key,
        list_rank,
        score
    from {{ ref('int_ranking_neural_scores') }}

),

served as (

    select lists.*
    from lists
    inner join serving_choice on lists.strategy = serving_choice.strategy
    where lists.list_rank <= {{ list_length() }}

),

features as (

    select * from {{ ref('int_ranking_rerank_features') }}

),

final as (

    select
        served.list_rank as served_rank,
        served.score as served_score,
        features.*
    from served
    inner join features
        on
            served.user_key = features.user_key
            and served.ping_key = features.ping_key

)

select * from final
