-- A view: the rows of all users at once would be the largest table of the warehouse, and scoring
-- asks for some users at a time.
{{ config(materialized='view') }}

with

candidates as (

    select
        cutoff_key,
        user_key,
        ping_key
    from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

),

final as (

    {{ ranking_features('candidates', 'cutoff_key = 0') | trim }}

)

select * from final
