-- Of users without history, what is known of everyone is the best guess: rates are pulled to the
-- mean of the log by two responses' worth.
with

all_history as (

    select * from {{ ref('int_ranking_history') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}
    where is_in_catalogue

),

known_users as (

    select * from {{ ref('int_ranking_known_users') }}

),

pings as (

    select
        ping_key,
        ln(1 + duration_sec) as log_duration
    from {{ ref('int_pings') }}

),

ages as (

    select
        cutoff_key,
        user_key,
        case
            when signup_hour is null then 0.5
            else
                percent_rank() over (
                    partition by cutoff_key, signup_hour is null
                    order by signup_hour
                )
        end as signup_percentile,
        signup_hour is not null as has_signup
    from known_users

),

responses as (

    select
        history.cutoff_key,
        history.user_key,
        count(*) as n_pings,
        cast(sum(history.n_events) as bigint) as n_events,
        sum(history.positive) as n_positive,
        {{ exact_small_sum('history.watch_time_ratio') }} as sum_ratio,
        {{ exact_small_sum('pings.log_duration') }} as sum_log_duration,
        min(history.hours_since_last) as hours_since_last
    from history
    inner join pings on history.ping_key = pings.ping_key
    group by history.cutoff_key, history.user_key

),

seen as (

    select
        cutoff_key,
        user_key,
        count(*) as n_seen_pings,
        cast(sum(n_affinity_events) as bigint) as n_affinity_events
    from all_history
    group by cutoff_key, user_key

),

means as (

    select
        cutoff_key,
        {{ safe_divide('sum(n_positive)', 'sum(n_pings)') }} as positive_rate,
        {{ safe_divide(exact_sum('sum_ratio'), 'sum(n_pings)') }} as mean_ratio,
        {{ safe_divide(exact_sum('sum_log_duration'), 'sum(n_pings)') }} as mean_log_duration
    from responses
    group by cutoff_key

),

final as (

    select
        ages.cutoff_key,
        ages.user_key,
        ages.signup_percentile,
        case
            when ages.has_signup then 1 + least(floor(8 * ages.signup_percentile), 7)
            else 0
        end as signup_group,
        coalesce(responses.n_pings, 0) as n_pings,
        coalesce(responses.n_events, 0) as n_events,
        coalesce(seen.n_seen_pings, 0) as n_seen_pings,
        coalesce(seen.n_affinity_events, 0) as n_affinity_events,
        coalesce(least(floor(2 * ln(1 + responses.n_pings)), 8), 0) as activity_group,
        ln(1 + coalesce(responses.n_pings, 0)) as log_activity,
        {{ smoothed_rate(
            'coalesce(responses.n_positive, 0)',
            'coalesce(responses.n_pings, 0)',
            'means.positive_rate',
            2
        ) }}
            as positive_rate,
        {{ smoothed_rate(
            'coalesce(responses.sum_ratio, 0)',
            'coalesce(responses.n_pings, 0)',
            'means.mean_ratio',
            2
        ) }}
            as mean_ratio,
        {{ smoothed_rate(
            'coalesce(responses.sum_log_duration, 0)',
            'coalesce(responses.n_pings, 0)',
            'means.mean_log_duration',
            2
        ) }}
            as mean_log_duration,
        responses.hours_since_last
    from ages
    inner join means on ages.cutoff_key = means.cutoff_key
    left join responses
        on
            ages.cutoff_key = responses.cutoff_key
            and ages.user_key = responses.user_key
    left join seen
        on
            ages.cutoff_key = seen.cutoff_key
            and ages.user_key = seen.user_key

)

select * from final
