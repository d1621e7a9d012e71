-- Everything that is told of the views' ratios and adds up over users is counted once, here.
with

views as (

    select
        user_key,
        watch_time_ratio
    from {{ ref('int_scored_events') }}
    where is_view

),

users as (

    select * from {{ ref('int_users') }}

),

binned as (

    select
        users.cohort,
        cast(
            floor(
                least(
                    views.watch_time_ratio + {{ half_of_9th_digit() }},
                    {{ var('histogram_max_ratio') }}
                ) * {{ var('histogram_bins_per_unit') }}
            ) as integer
        ) as n,
        views.watch_time_ratio
    from views
    inner join users on views.user_key = users.user_key

),

final as (

    select
        cohort,
        n,
        count(*) as n_views,
        {{ exact_sum('watch_time_ratio') }} as watch_time_ratios
    from binned
    group by cohort, n

)

select * from final
