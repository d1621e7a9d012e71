with

events as (

    select * from {{ ref('int_events') }}
    where is_view

),

user_activity as (

    select * from {{ ref('int_user_activity') }}
    where cohort <> 'unknown'

),

-- both cohorts always have a row, also one without users
cohorts as (

    select
        'new' as cohort,
        true as is_new
    union all
    select
        'existing' as cohort,
        false as is_new

),

views as (

    select
        user_activity.cohort,
        count(*) as view_count,
        {{ exact_sum('events.watch_time_ratio') }} as watch_time_ratios
    from events
    inner join user_activity on events.user_key = user_activity.user_key
    group by user_activity.cohort

),

users as (

    select
        cohort,
        count(*) as user_count,
        sum(n_engaged_pings) as n_engaged_pings
    from user_activity
    group by cohort

),

final as (

    select
        cohorts.is_new,
        {{ safe_divide('views.watch_time_ratios', 'views.view_count') }} as avg_watch_time_ratio,
        coalesce(views.view_count, 0) as view_count,
        {{ safe_divide('users.n_engaged_pings', 'users.user_count') }} as avg_pings_interacted,
        coalesce(users.user_count, 0) as user_count
    from cohorts
    left join views on cohorts.cohort = views.cohort
    left join users on cohorts.cohort = users.cohort

)

select * from final
