-- A view: the lists are there, under keys.
{{ config(materialized='view') }}

with

lists as (

    select * from {{ ref('int_heuristic_lists') }}
    where
        {{ is_serving_cutoff() }}
        and list_rank <= {{ var('serving_candidates') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        users.user_id,
        cast(lists.list_rank as bigint) as rank,
        pings.ping_id
    from lists
    inner join users on lists.user_key = users.user_key
    inner join pings on lists.ping_key = pings.ping_key

)

select * from final
