-- Every ping of a user's true Top-K is among the three kinds of candidates: without any affinity it
-- is one of the K best by base score; with one of its category only, one of the K best of that
-- category; with one of its creator, one of the K best of its cell. So ranking the candidates by
-- their full score gives the exact list.
with

candidates_overall as (

    select * from {{ ref('int_candidates_overall') }}

),

candidates_category as (

    select * from {{ ref('int_candidates_category') }}

),

candidates_creator as (

    select * from {{ ref('int_candidates_creator') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

category_affinities as (

    select * from {{ ref('int_user_category_affinities') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

candidates_by_affinity as (

    select
        user_key,
        ping_key
    from candidates_category
    union
    select
        user_key,
        ping_key
    from candidates_creator

),

blocked_by_affinity as (

    {{ blocked_pairs('candidates_category') | trim }}
    union all
    {{ blocked_pairs('candidates_creator') | trim }}

),

unseen_by_affinity as (

    select
        candidates_by_affinity.user_key,
        candidates_by_affinity.ping_key
    from candidates_by_affinity
    left join user_pings
        on
            candidates_by_affinity.user_key = user_pings.user_key
            and candidates_by_affinity.ping_key = user_pings.ping_key
    left join blocked_by_affinity
        on
            candidates_by_affinity.user_key = blocked_by_affinity.user_key
            and candidates_by_affinity.ping_key = blocked_by_affinity.ping_key
    where
        user_pings.ping_key is null
        and blocked_by_affinity.ping_key is null

),

candidates as (

    select
        user_key,
        ping_key
    from candidates_overall
    union
    select
        user_key,
        ping_key
    from unseen_by_affinity

),

scored as (

    {{ score_candidates('candidates') | trim }}

),

ranked as (

    select
        *,
        row_number() over (partition by user_key order by score desc, ping_key) as list_rank
    from scored

),

final as (

    select * from ranked
    where list_rank <= {{ var('top_k') }}

)

select * from final
