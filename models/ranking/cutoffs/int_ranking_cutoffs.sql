-- Number 0 is the moment that lists are served at, after everything in the warehouse. The others
-- lie a step apart, the newest one a whole horizon before the end, so that no label is cut off. A
-- cutoff without a horizon of history before it teaches nothing and is left out.
with

responses as (

    select * from {{ ref('int_ranking_responses') }}

),

windows as (

    select * from {{ ref('int_ranking_windows') }}

),

span as (

    select
        min(hour_number) as first_hour,
        max(hour_number) + 1 as end_hour
    from responses

),

numbers as (
    {{ number_rows(var('ranking_cutoffs') | int + 1) }}
),

cutoffs as (

    select
        cast(numbers.n as integer) as cutoff_key,
        span.first_hour,
        span.end_hour,
        windows.horizon_hours,
        span.end_hour - case
            when numbers.n > 0 then windows.horizon_hours + (numbers.n - 1) * windows.step_hours
            else 0
        end as cutoff_hour
    from numbers
    cross join span
    cross join windows

),

final as (

    select
        cutoff_key,
        cutoff_hour,
        cutoff_hour + horizon_hours as horizon_end_hour,
        cutoff_key = 0 as is_serving
    from cutoffs
    where
        cutoff_key = 0
        or cutoff_hour - first_hour >= horizon_hours

)

select * from final
