{{ config(materialized='view') }}

with

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

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
        pings.ping_id,
        cast(candidates.candidate_rank as bigint) as candidate_rank,
        candidates.n_sources,
        {%- for source in ranking_sources() if source != 'two_tower' %}
        cast(candidates.{{ source }}_rank as bigint) as {{ source }}_rank,
        {%- endfor %}
        cast(candidates.two_tower_rank as bigint) as two_tower_rank
    from candidates
    inner join users on candidates.user_key = users.user_key
    inner join pings on candidates.ping_key = pings.ping_key

)

select * from final
