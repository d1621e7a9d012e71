-- From how many events a day a type that is gone altogether is odd: of a tenth as many, chance
-- leaves a day without any.
{%- set least_of_a_type = 10 %}
{%- set usual_reasons = "('duplicate', 'ignored by the mapping')" %}

with

bands as (

    select * from {{ ref('int_alert_bands') }}
    where is_known

),

bounded as (

    select
        *,
        case
            when metric = 'rejected_share' and segment in {{ usual_reasons }} then null
            {%- for metric, looked_at in alert_metrics().items() if looked_at.bound is defined %}
            when metric = '{{ metric }}'
                then cast({{ looked_at.bound }} as {{ type_double() }})
            {%- endfor %}
        end as bound,
        case
            when metric = 'busiest_user_share' then {{ var('warn_user_least_events') }}
            else {{ var('alert_least_events') }}
        end as least_n
    from bands

),

judged as (

    select
        *,
        case
            when days_after_judged > 0 then null
            when
                metric = 'rejected_share' and segment = 'timestamp in the future'
                and numerator > 0 and 2 * n_days_above_zero <= n_days
                then 'clock'
            when
                metric = 'events' and numerator = 0
                and n_days >= {{ var('alert_least_days') }} and n_days_above_zero = n_days
                and usual >= {{ least_of_a_type }}
                then 'silence'
            when
                error_days >= {{ var('alert_least_days') }} and expected is not null
                and case when unit = 'count' then greatest(n, expected) else n end
                >= {{ var('alert_least_events') }}
                then 'band'
            when
                bound is not null and n >= least_n and coalesce(usual < bound, true)
                then 'bound'
        end as judged_by
    from bounded

),

final as (

    select
        event_date as day,
        metric,
        segment,
        unit,
        cast(value as {{ type_double() }}) as value,
        cast(numerator as bigint) as numerator,
        cast(n as bigint) as n,
        judged_by,
        case
            when judged_by = 'band' then expected
            when judged_by = 'silence' then usual
            when judged_by = 'clock' then 0
        end as expected,
        case
            when judged_by = 'band' then expected_low
            when judged_by = 'silence' then 1
            when judged_by in ('clock', 'bound') then 0
        end as expected_low,
        case
            when judged_by = 'band' then expected_high
            when judged_by = 'clock' then 0
            when judged_by = 'bound' then bound
        end as expected_high,
        coalesce(
            case
                when judged_by in ('clock', 'silence') then true
                when judged_by = 'band'
                    then
                        not {{ reaches('value', 'expected_low') }}
                        or {{ exceeds('value', 'expected_high') }}
                when judged_by = 'bound' then {{ exceeds('value', 'bound') }}
            end,
            false
        ) as is_alert,
        days_after_judged = 0 as is_newest_day,
        days_after_judged > 0 as is_provisional
    from judged

)

select * from final
