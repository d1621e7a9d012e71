with

user_days as (

    select * from {{ ref('int_user_days') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

-- windows, new users and the age of pings count from the newest date
days as (

    select
        'interactions' as source_table,
        'event_timestamp' as column_name,
        event_date as date_day,
        cast(sum(n_events) as bigint) as n_dates
    from user_days
    group by event_date
    union all
    select
        'users' as source_table,
        'signup_date' as column_name,
        signup_date as date_day,
        count(*) as n_dates
    from users
    where signup_date is not null
    group by signup_date
    union all
    select
        'pings' as source_table,
        'created_at' as column_name,
        cast(created_at as date) as date_day,
        count(*) as n_dates
    from pings
    where created_at is not null
    group by cast(created_at as date)

),

spaced_days as (

    select
        source_table,
        column_name,
        date_day,
        {{ add_days(
            'cast(lag(date_day) over (partition by source_table order by date_day) as timestamp)',
            var('max_gap_days')
        ) }} as expected_before,
        {{ add_days('cast(date_day as timestamp)', var('max_gap_days')) }} as expected_next,
        lead(date_day) over (partition by source_table order by date_day) as next_day,
        sum(n_dates) over (partition by source_table) as n_all_dates,
        sum(n_dates) over (
            partition by source_table
            order by date_day desc rows between unbounded preceding and current row
        ) as n_dates_from_here,
        sum(n_dates) over (
            partition by source_table
            order by date_day rows between unbounded preceding and current row
        ) as n_dates_to_here
    from days

),

late_islands as (

    select
        source_table,
        column_name,
        min(date_day) as first_day,
        max(n_dates_from_here) as n_dates,
        max(n_all_dates) as n_all_dates
    from spaced_days
    where
        cast(date_day as timestamp) > expected_before
        and {{ is_few('n_dates_from_here', 'n_all_dates') }}
    group by source_table, column_name

),

early_islands as (

    select
        source_table,
        column_name,
        max(date_day) as last_day,
        max(n_dates_to_here) as n_dates,
        max(n_all_dates) as n_all_dates
    from spaced_days
    where
        source_table = 'interactions'
        and (
            -- no short videos were logged then: a unit is wrong
            date_day < cast('1980-01-01' as date)
            or (
                cast(next_day as timestamp) > expected_next
                and {{ is_few('n_dates_to_here', 'n_all_dates') }}
            )
        )
    group by source_table, column_name

),

final as (

    select
        {{ warning_rows(
            "'dates far from the others'", 'source_table', 'column_name', 'n_dates', 'n_all_dates',
            'cast(first_day as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from late_islands
    union all
    select
        {{ warning_rows(
            "'dates before the others'", 'source_table', 'column_name', 'n_dates', 'n_all_dates',
            'cast(last_day as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from early_islands

)

select * from final
