-- The K-th best score among a user's overall candidates is a lower bound of the K-th best among all
-- pings: whatever scores less need not be looked at. A user with fewer than K candidates has all
-- unseen pings among them.
with

candidates as (

    select * from {{ ref('int_candidates_overall') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

ranked as (

    select
        cutoff_key,
        user_key,
        score,
        row_number() over (
            partition by cutoff_key, user_key order by score desc, ping_order
        ) as candidate_rank
    from candidates

),

best_parts as (

    select
        cutoff_key,
        user_key,
        max(affinity_part) as best_category_part,
        max(declared_part) as best_declared_part
    from user_categories
    group by cutoff_key, user_key

),

final as (

    select
        ranked.cutoff_key,
        ranked.user_key,
        ranked.score as threshold,
        coalesce(best_parts.best_category_part, 0) as best_category_part,
        coalesce(best_parts.best_declared_part, 0) as best_declared_part
    from ranked
    left join best_parts
        on
            {{ same_cutoff('ranked', 'best_parts') }}
            and ranked.user_key = best_parts.user_key
    where ranked.candidate_rank = {{ search_length() }}

)

select * from final
