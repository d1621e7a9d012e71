-- A view: the lists are there. The candidates of a log that is long enough take turns by source,
-- and have no score.
{{ config(materialized='view') }}
{% set most = [var('ranking_rerank_pings') | int, var('top_k') | int] | max %}
with

learned as (

    select count(*) as n_stages from {{ ref('int_ranking_gbdt') }}
    where
        kind = 'status'
        and name = 'trained'

),

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where
        cutoff_key = 0
        and candidate_rank <= {{ most }}

),

short_candidates as (

    select * from {{ ref('int_ranking_short_candidates') }}

),

gbdt_scores as (

    select * from {{ ref('int_ranking_gbdt_scores') }}

),

neural_scores as (

    select * from {{ ref('int_ranking_neural_scores') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

lists as (

    select
        'candidates' as stage,
        candidates.user_key,
        candidates.ping_key,
        candidates.candidate_rank as list_rank,
        cast(null as {{ type_double() }}) as score
    from candidates
    inner join learned on learned.n_stages > 0
    union all
    select
        'candidates' as stage,
        user_key,
        ping_key,
        list_rank,
        score
    from short_candidates
    {%- for stage in ['gbdt', 'neural'] %}
    union all
    select
        '{{ stage }}' as stage,
        user_key,
        ping_key,
        list_rank,
        score
    from {{ stage }}_scores
    {%- endfor %}

),

final as (

    select
        lists.stage,
        users.user_id,
        cast(lists.list_rank as bigint) as rank,
        pings.ping_id,
        lists.score,
        case when learned.n_stages > 0 then 'ranking' else 'classifier' end as learned_by
    from lists
    inner join users on lists.user_key = users.user_key
    inner join pings on lists.ping_key = pings.ping_key
    cross join learned

)

select * from final
