-- How far forecasts have been off lately says how far is odd.
{%- set weeks = 8 %}
{%- set days_of_silence = 28 %}

with

forecasts as (

    select * from {{ ref('int_alert_forecasts') }}

),

days_before as (
    {{ number_rows(7 * weeks) }}
),

errors as (

    select
        forecasts.metric,
        forecasts.segment,
        forecasts.day_number,
        count(past.forecast_error) as error_days,
        {{ percentile('abs(past.forecast_error)', 0.5) }} as median_error,
        max(abs(past.forecast_error)) as largest_error,
        count(case when days_before.n < {{ days_of_silence }} then 1 end) as n_days,
        count(case when days_before.n < {{ days_of_silence }} and past.numerator > 0 then 1 end)
            as n_days_above_zero
    from forecasts
    cross join days_before
    inner join forecasts as past
        on
            forecasts.metric = past.metric
            and forecasts.segment = past.segment
            and forecasts.day_number - 1 - days_before.n = past.day_number
    group by forecasts.metric, forecasts.segment, forecasts.day_number

),

forecasts_with_errors as (

    select
        forecasts.*,
        coalesce(errors.error_days, 0) as error_days,
        errors.median_error,
        errors.largest_error,
        coalesce(errors.n_days, 0) as n_days,
        coalesce(errors.n_days_above_zero, 0) as n_days_above_zero
    from forecasts
    left join errors
        on
            forecasts.metric = errors.metric
            and forecasts.segment = errors.segment
            and forecasts.day_number = errors.day_number

),

expected as (

    select
        *,
        {{ alert_unscaled('forecast') }} as expected,
        {{ alert_unscaled('level') }} as usual
    from forecasts_with_errors

),

-- 1.4826 median absolute deviations are a standard deviation; chance alone gives some, too
widths as (

    select
        *,
        {{ var('alert_width') }} * greatest(
            1.4826 * median_error,
            {{ alert_noise('expected', 'n') }}
        ) as width
    from expected

),

-- as long as weekdays are not known, what was seen before is not odd
bands as (

    select
        *,
        {{ alert_unscaled(
            'forecast - greatest(width, case when is_weekday_known then 0 else largest_error end)'
        ) }} as lower,
        {{ alert_unscaled(
            'forecast + greatest(width, case when is_weekday_known then 0 else largest_error end)'
        ) }} as upper
    from widths

),

final as (

    select
        event_date,
        metric,
        segment,
        unit,
        is_known,
        numerator,
        n,
        days_after_judged,
        case when unit = 'count' then numerator else {{ safe_divide('numerator', 'n') }} end
            as value,
        expected,
        usual,
        {{ alert_by_unit(
            'least(lower, expected * (1 - ' ~ var('alert_least_change') ~ '))',
            'least(lower, greatest(expected - ' ~ var('alert_least_points') ~ ', 0))',
            'least(lower, expected * (1 - ' ~ var('alert_least_change') ~ '))',
        ) }} as expected_low,
        {{ alert_by_unit(
            'greatest(upper, expected * (1 + ' ~ var('alert_least_change') ~ '))',
            'greatest(upper, least(expected + ' ~ var('alert_least_points') ~ ', 1))',
            'greatest(upper, expected * (1 + ' ~ var('alert_least_change') ~ '))',
        ) }} as expected_high,
        error_days,
        n_days,
        n_days_above_zero
    from bands

)

select * from final
