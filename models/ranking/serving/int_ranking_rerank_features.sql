-- The features of the first pings of stage 2's lists, put together as for every other row.
{{ config(materialized='view') }}

with

gbdt_scores as (

    select
        cast(0 as integer) as cutoff_key,
        user_key,
        ping_key,
        list_rank,
        score
    from {{ ref('int_ranking_gbdt_scores') }}

),

features as (

    {{ ranking_features('gbdt_scores', 'cutoff_key = 0') | trim }}

),

final as (

    select
        gbdt_scores.list_rank,
        gbdt_scores.score,
        features.*
    from gbdt_scores
    inner join features
        on
            gbdt_scores.user_key = features.user_key
            and gbdt_scores.ping_key = features.ping_key

)

select * from final
