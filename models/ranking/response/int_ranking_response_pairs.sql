-- What each user had any event on in the horizon after a training cutoff, seen before or not, is
-- what was shown, as in an evaluation of it: a log may lack impressions. Too many users are sampled
-- by a hash of their ids.
with

responses as (

    select * from {{ ref('int_ranking_responses') }}
    where is_in_catalogue

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}
    where not is_serving

),

-- who was not known at the cutoff could not be scored then
known_users as (

    select
        cutoff_key,
        user_key
    from {{ ref('int_ranking_known_users') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

pings as (

    select
        ping_key,
        duration_sec,
        {{ length_group('duration_sec') }} as length_group
    from {{ ref('int_pings') }}

),

lengths as (

    select * from {{ ref('int_ranking_response_lengths') }}

),

later_pairs as (

    select
        cutoffs.cutoff_key,
        responses.user_key,
        responses.ping_key,
        max(responses.relevance_grade) as relevance_grade,
        max(responses.watch_time_ratio) as watch_time_ratio
    from responses
    inner join cutoffs
        on
            responses.hour_number >= cutoffs.cutoff_hour
            and responses.hour_number < cutoffs.horizon_end_hour
    inner join known_users
        on
            cutoffs.cutoff_key = known_users.cutoff_key
            and responses.user_key = known_users.user_key
    group by cutoffs.cutoff_key, responses.user_key, responses.ping_key

),

sampled as (

    select
        later_pairs.*,
        {{ list_number('later_pairs', 'user_keys.user_id') }} as list_number
    from later_pairs
    inner join user_keys on later_pairs.user_key = user_keys.user_key

),

final as (

    select
        sampled.cutoff_key,
        sampled.user_key,
        sampled.ping_key,
        case when sampled.relevance_grade > 0 then 1 else 0 end as is_response,
        case
            when
                ln(1 + sampled.watch_time_ratio * pings.duration_sec)
                > coalesce(lengths.mean_log_watch, 0)
                then 1
            else 0
        end as is_long
    from sampled
    inner join pings on sampled.ping_key = pings.ping_key
    left join lengths
        on
            sampled.cutoff_key = lengths.cutoff_key
            and pings.length_group = lengths.length_group
    where sampled.list_number <= {{ var('ranking_lists_per_cutoff') }}

)

select * from final
