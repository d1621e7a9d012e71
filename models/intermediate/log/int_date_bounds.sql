-- No clock is read: what is of the future is said by the dates themselves, so that a whole build
-- and one of new files, on any engine, say the same of the same rows, in whichever order they came.
with

log_rows as (
    {% for log in ['interactions', 'exposures'] %}
    select
        cast(event_timestamp as date) as date_day,
        outcome
    from {{ ref('int_' ~ log) }}
    where
        outcome in ('accepted', 'after_as_of')
        and reject_reason is null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

log_days as (

    select
        date_day,
        count(*) as n_dates,
        count(case when outcome = 'accepted' then 1 end) as n_dates_before_as_of
    from log_rows
    group by date_day

),

days as (

    select
        'event_timestamp' as dated,
        date_day,
        n_dates_before_as_of as n_dates
    from log_days
    where n_dates_before_as_of > 0
    union all
    -- what is held out is judged by all that is known, the past by itself alone
    select
        'event_timestamp of the holdout' as dated,
        date_day,
        n_dates
    from log_days
    union all
    select
        'signup_date' as dated,
        signup_date as date_day,
        count(*) as n_dates
    from {{ ref('stg_users') }}
    where
        outcome = 'accepted'
        and signup_date is not null
    group by signup_date
    union all
    select
        'created_at' as dated,
        cast(created_at as date) as date_day,
        count(*) as n_dates
    from {{ ref('stg_pings') }}
    where
        outcome = 'accepted'
        and created_at is not null
    group by cast(created_at as date)

),

placed_days as (

    select
        *,
        row_number() over (partition by dated order by n_dates desc, date_day) as place,
        sum(n_dates) over (partition by dated) as n_all_dates,
        sum(n_dates) over (
            partition by dated
            order by date_day desc rows between unbounded preceding and current row
        ) as n_dates_from_here,
        lag(date_day) over (partition by dated order by date_day) as previous_day
    from days

),

-- the third busiest: a day or two of a first import are not usual, nor are the many days on which
-- wrong clocks leave an event each
usual_days as (

    select
        dated,
        max(n_dates) as most_dates,
        coalesce(max(case when place = 3 then n_dates end), max(n_dates)) as usual_dates
    from placed_days
    group by dated

),

-- a gap of months, after which there is next to nothing
gaps as (

    select
        placed_days.dated,
        min(placed_days.date_day) as first_day_after_gap
    from placed_days
    inner join usual_days on placed_days.dated = usual_days.dated
    where
        cast(placed_days.date_day as timestamp) > {{ add_days(
            'cast(placed_days.previous_day as timestamp)', var('max_gap_days')
        ) }}
        and placed_days.n_dates_from_here <= usual_days.most_dates
        and {{ is_few_after_a_gap('placed_days.n_dates_from_here', 'placed_days.n_all_dates') }}
    group by placed_days.dated

),

bounds as (

    select
        placed_days.dated,
        max(placed_days.date_day) as agreed_day
    from placed_days
    inner join usual_days on placed_days.dated = usual_days.dated
    left join gaps on placed_days.dated = gaps.dated
    where
        not {{ is_few('placed_days.n_dates', 'usual_days.usual_dates') }}
        and (gaps.dated is null or placed_days.date_day < gaps.first_day_after_gap)
    group by placed_days.dated

),

log_bound as (

    select max(agreed_day) as agreed_day from bounds
    where dated = 'event_timestamp'

),

-- what is created or signs up during the log is not of the future, however few do so
widened as (

    select
        bounds.dated,
        case
            when
                bounds.dated in ('signup_date', 'created_at')
                and log_bound.agreed_day > bounds.agreed_day
                then log_bound.agreed_day
            else bounds.agreed_day
        end as agreed_day
    from bounds
    cross join log_bound

),

final as (

    select
        dated,
        agreed_day,
        {% if var('max_future_days') is none -%}
        cast(null as timestamp) as first_future_timestamp
        {%- else -%}
        {{ add_days('cast(agreed_day as timestamp)', 1 + (var('max_future_days') | int)) }}
            as first_future_timestamp
        {%- endif %}
    from widened

)

select * from final
