-- What was to be expected of a day: the median of the week before it, and what days of its weekday
-- have lately been above or below the week before them.
{%- set least_level_days = 4 %}
{%- set weeks = 8 %}
{%- set least_weeks = 4 %}

with

alert_values as (

    select * from {{ ref('int_alert_values') }}

),

days as (

    select * from {{ ref('int_alert_days') }}

),

week as (
    {{ number_rows(7) }}
),

weeks_before as (
    {{ number_rows(weeks) }}
),

units as (
    {% for metric, looked_at in alert_metrics().items() %}
    select
        '{{ metric }}' as metric,
        '{{ looked_at.unit }}' as unit,
        {{ 1 if metric == 'no_view_24h_rate' else 0 }} as days_until_final
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

measured as (

    select
        alert_values.event_date,
        days.day_number,
        alert_values.metric,
        alert_values.segment,
        units.unit,
        alert_values.is_known,
        alert_values.numerator,
        coalesce(alert_values.denominator, alert_values.numerator) as n,
        -- 0 of the newest day that is judged, above 0 of those after it
        days.day_number + units.days_until_final - days.judged_day_number as days_after_judged
    from alert_values
    inner join days on alert_values.event_date = days.event_date
    inner join units on alert_values.metric = units.metric
    where
        alert_values.denominator is null
        or alert_values.denominator > 0

),

scaled as (

    select
        *,
        case
            when unit = 'count' or n >= {{ var('alert_least_events') }}
                then {{ alert_scaled('numerator', 'n') }}
        end as scaled
    from measured

),

levels as (

    select
        scaled.metric,
        scaled.segment,
        scaled.day_number,
        count(*) as level_days,
        {{ percentile('past.scaled', 0.5) }} as level
    from scaled
    cross join week
    inner join scaled as past
        on
            scaled.metric = past.metric
            and scaled.segment = past.segment
            and scaled.day_number - 1 - week.n = past.day_number
    where past.scaled is not null
    group by scaled.metric, scaled.segment, scaled.day_number

),

deviations as (

    select
        scaled.*,
        levels.level,
        coalesce(levels.level_days >= {{ least_level_days }}, false) as has_level,
        case
            when levels.level_days >= {{ least_level_days }} then scaled.scaled - levels.level
        end as deviation
    from scaled
    left join levels
        on
            scaled.metric = levels.metric
            and scaled.segment = levels.segment
            and scaled.day_number = levels.day_number

),

weekdays as (

    select
        deviations.metric,
        deviations.segment,
        deviations.day_number,
        {{ percentile('past.deviation', 0.5) }} as weekday_deviation
    from deviations
    cross join weeks_before
    inner join deviations as past
        on
            deviations.metric = past.metric
            and deviations.segment = past.segment
            and deviations.day_number - 7 * (weeks_before.n + 1) = past.day_number
    where past.deviation is not null
    group by deviations.metric, deviations.segment, deviations.day_number
    having count(*) >= {{ least_weeks }}

),

final as (

    select
        deviations.event_date,
        deviations.day_number,
        deviations.metric,
        deviations.segment,
        deviations.unit,
        deviations.is_known,
        deviations.numerator,
        deviations.n,
        deviations.days_after_judged,
        deviations.level,
        weekdays.weekday_deviation is not null as is_weekday_known,
        case
            when deviations.has_level
                then deviations.level + coalesce(weekdays.weekday_deviation, 0)
        end as forecast,
        deviations.deviation - coalesce(weekdays.weekday_deviation, 0) as forecast_error
    from deviations
    left join weekdays
        on
            deviations.metric = weekdays.metric
            and deviations.segment = weekdays.segment
            and deviations.day_number = weekdays.day_number

)

select * from final
