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

counted as (

    select
        change_spans.time_window,
        change_spans.is_after,
        change_spans.starts_at,
        part_counts.user_key,
        {{ summed_counts('part_counts') | trim }}
    from part_counts
    inner join change_spans on part_counts.part = change_spans.part
    group by
        change_spans.time_window,
        change_spans.is_after,
        change_spans.starts_at,
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
