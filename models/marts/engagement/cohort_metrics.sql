with

ratio_bins as (

    select * from {{ ref('int_watch_time_ratio_bins') }}

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
        cohort,
        sum(n_views) as view_count,
        {{ exact_sum('watch_time_ratios') }} as watch_time_ratios
    from ratio_bins
    group by cohort

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
        cast(coalesce(views.view_count, 0) as bigint) as view_count,
        {{ safe_divide('users.n_engaged_pings', 'users.user_count') }} as avg_pings_interacted,
        coalesce(users.user_count, 0) as user_count
    from cohorts
    left join views on cohorts.cohort = views.cohort
    left join users on cohorts.cohort = users.cohort

)

select * from final
