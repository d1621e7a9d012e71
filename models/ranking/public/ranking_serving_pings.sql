with

candidates as (

    select distinct ping_id from {{ ref('ranking_serving_candidates') }}

),

ping_ids as (

    select * from {{ ref('int_pings') }}

),

pings as (

    select * from {{ ref('int_ranking_pings') }}
    where cutoff_key = 0

),

final as (

    select
        {{ ranking_ping_columns() -}}
        ping_ids.ping_id
    from pings
    inner join ping_ids on pings.ping_key = ping_ids.ping_key
    inner join candidates on ping_ids.ping_id = candidates.ping_id

)

select * from final
