-- A view: the lists are there, under other names.
{{ config(materialized='view') }}

with

lists as (

    select * from {{ ref('int_heuristic_lists') }}
    where list_rank <= {{ var('top_k') }}

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        'heuristic' as source,
        list_rank as source_rank
    from lists

)

select * from final
