-- Where lists are re-ranked, or the classifier made those of a short log, trees alone do not say
-- what a list is.
{{ config(materialized='view') }}

with

recommendations as (

    select * from {{ ref('int_ranking_recommendations') }}
    where
        list_rank = 1
        and strategy = 'gbdt'
        and not {{ 'true' if var('rerank_enabled') else 'false' }}

),

models as (

    select * from {{ ref('int_ranking_gbdt') }}
    where
        kind = 'model'
        and name = 'model'

),

final as (

    select recommendations.user_key
    from recommendations
    cross join models

)

select * from final
