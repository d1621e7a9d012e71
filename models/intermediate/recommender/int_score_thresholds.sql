-- The K-th best score among a user's overall candidates is a lower bound of the K-th best among all
-- pings: whatever scores less need not be looked at. A user with fewer than K candidates has all
-- unseen pings among them.
with

candidates as (

    select * from {{ ref('int_candidates_overall') }}

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

scored as (

    {{ score_candidates('candidates') | trim }}

),

ranked as (

    select
        user_key,
        score,
        row_number() over (partition by user_key order by score desc, ping_key) as candidate_rank
    from scored

),

best_category_parts as (

    select
        user_key,
        max(affinity_part) as best_category_part
    from category_affinities
    group by user_key

),

final as (

    select
        ranked.user_key,
        ranked.score as threshold,
        coalesce(best_category_parts.best_category_part, 0) as best_category_part
    from ranked
    left join best_category_parts on ranked.user_key = best_category_parts.user_key
    where ranked.candidate_rank = {{ var('top_k') }}

)

select * from final
