-- The relevant pairs of the horizon after each training cutoff that were new to the user then: what
-- the lists of that cutoff should have held. Too many lists are sampled by a hash of the user's id.
with

responses as (

    select * from {{ ref('int_ranking_responses') }}
    where
        is_in_catalogue
        and relevance_grade > 0

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}
    where not is_serving

),

history as (

    select
        cutoff_key,
        user_key,
        ping_key
    from {{ ref('int_ranking_history') }}

),

-- who was not known at the cutoff had no list then
known_users as (

    select * from {{ ref('int_ranking_known_users') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

later_pairs as (

    select
        cutoffs.cutoff_key,
        responses.user_key,
        responses.ping_key,
        max(responses.relevance_grade) as relevance_grade
    from responses
    inner join cutoffs
        on
            responses.hour_number >= cutoffs.cutoff_hour
            and responses.hour_number < cutoffs.horizon_end_hour
    group by cutoffs.cutoff_key, responses.user_key, responses.ping_key

),

unseen_pairs as (

    select later_pairs.*
    from later_pairs
    inner join known_users
        on
            later_pairs.cutoff_key = known_users.cutoff_key
            and later_pairs.user_key = known_users.user_key
    left join history
        on
            later_pairs.cutoff_key = history.cutoff_key
            and later_pairs.user_key = history.user_key
            and later_pairs.ping_key = history.ping_key
    where history.ping_key is null

),

sampled as (

    select
        unseen_pairs.*,
        {{ list_number('unseen_pairs', 'user_keys.user_id') }} as list_number
    from unseen_pairs
    inner join user_keys on unseen_pairs.user_key = user_keys.user_key

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        relevance_grade
    from sampled
    where list_number <= {{ var('ranking_lists_per_cutoff') }}

)

select * from final
