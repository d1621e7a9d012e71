{{ config(materialized=change_materialization()) }}

with

part_counts as (

    select * from {{ ref('int_change_part_counts') }}
    where
        key_kind = 'user'
        and n_events > 0

),

change_spans as (

    select * from {{ ref('int_change_spans') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}

),

log_span as (
    {{ log_span() }}
),

spans as (

    select
        *,
        min(starts_at) over (partition by time_window) as earlier_starts_at
    from change_spans

),

counted as (

    select
        spans.time_window,
        spans.is_after,
        spans.starts_at,
        spans.earlier_starts_at,
        part_counts.user_key,
        {{ summed_counts('part_counts') | trim }}
    from part_counts
    inner join spans on part_counts.part = spans.part
    group by
        spans.time_window,
        spans.is_after,
        spans.starts_at,
        spans.earlier_starts_at,
        part_counts.user_key

),

active_days as (

    select
        counted.time_window,
        counted.is_after,
        counted.user_key,
        count(*) as n_days
    from counted
    inner join user_days
        on
            counted.user_key = user_days.user_key
            and user_days.event_date < cast(counted.starts_at as date)
            and user_days.event_date
            >= cast({{ add_days('counted.starts_at', -28) }} as date)
    cross join log_span
    -- in a log younger than that, both spans look back over as many days: those that the log has,
    -- whole, before the earlier one
    where
        {{ day_number('user_days.event_date') }}
        - {{ day_number('cast(log_span.first_event_timestamp as date)') }}
        > {{ day_number('cast(counted.starts_at as date)') }}
        - {{ day_number('cast(counted.earlier_starts_at as date)') }}
    group by counted.time_window, counted.is_after, counted.user_key

),

final as (

    select
        counted.time_window,
        counted.is_after,
        counted.user_key,
        {% for name in change_counts() -%}
        counted.{{ name }},
        {% endfor -%}
        1 as active_users,
        coalesce(active_days.n_days, 0) as n_days_before
    from counted
    left join active_days
        on
            counted.time_window = active_days.time_window
            and counted.is_after = active_days.is_after
            and counted.user_key = active_days.user_key

)

select * from final
