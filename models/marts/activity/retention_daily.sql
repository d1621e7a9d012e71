-- A user counts in a window of n days from the day of an activity on, until the next activity or
-- for n days, whichever ends first. These spans never overlap, so the users of a window are the
-- spans begun minus the spans ended by that day.
{%- set windows = {'wau': 7, 'mau': 28} -%}
{%- set returns = {'d1': 1, 'd7': 7} %}

with

user_days as (

    select * from {{ ref('int_user_days') }}

),

numbered as (

    select
        user_key,
        event_date,
        min(event_date) over (partition by user_key) as first_date,
        lead(event_date) over (partition by user_key order by event_date) as next_date
    from user_days

),

dates as (

    select
        event_date,
        count(*) as active_users,
        count(*) filter (where event_date = first_date) as new_users
    from numbered
    group by event_date

),

returned as (

    select
        {% for name, days in returns.items() -%}
        count(*) filter (
            where event_date = cast({{ add_days('first_date', days) }} as date)
        ) as {{ name }}_users,
        {% endfor -%}
        first_date
    from numbered
    group by first_date

),

span_changes as (
    {% for name, days in windows.items() %}
    select
        '{{ name }}' as window_name,
        event_date as changed_on,
        1 as change
    from numbered
    union all
    select
        '{{ name }}' as window_name,
        case
            when next_date < cast({{ add_days('event_date', days) }} as date) then next_date
            else cast({{ add_days('event_date', days) }} as date)
        end as changed_on,
        -1 as change
    from numbered
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

daily_changes as (

    select
        window_name,
        changed_on,
        sum(change) as change
    from span_changes
    group by window_name, changed_on

),

window_users as (

    select
        window_name,
        changed_on,
        sum(change) over (
            partition by window_name
            order by changed_on
            rows between unbounded preceding and current row
        ) as n_users
    from daily_changes

),

log_end as (
    {{ log_end() }}
),

final as (

    select
        dates.event_date as date,
        dates.active_users,
        dates.new_users,
        {% for name, days in returns.items() -%}
        -- a day that is not over has not seen all who come back: it would say 0 at its beginning
        case
            when cast({{ add_days('dates.event_date', days) }} as date) <= log_end.whole_date
                then coalesce(returned.{{ name }}_users, 0)
        end as {{ name }}_users,
        case
            when cast({{ add_days('dates.event_date', days) }} as date) <= log_end.whole_date
                then {{ safe_divide(
                    'coalesce(returned.' ~ name ~ '_users, 0)', 'dates.new_users'
                ) }}
        end as {{ name }}_retention,
        {% for side in ['low', 'high'] -%}
        case
            when cast({{ add_days('dates.event_date', days) }} as date) <= log_end.whole_date
                then {{ wilson(
                    'coalesce(returned.' ~ name ~ '_users, 0)', 'dates.new_users', side
                ) }}
        end as {{ name }}_retention_{{ side }},
        {% endfor -%}
        {% endfor -%}
        dates.new_users < {{ var('few_below') }} as is_few_new_users,
        cast(wau.n_users as bigint) as wau,
        cast(mau.n_users as bigint) as mau,
        {% for name, days in windows.items() -%}
        log_end.first_date <= cast({{ add_days('dates.event_date', 1 - days) }} as date)
            as is_{{ name }}_complete,
        {% endfor -%}
        dates.event_date > log_end.whole_date as is_provisional
    from dates
    cross join log_end
    left join returned on dates.event_date = returned.first_date
    {% for name in windows -%}
    left join window_users as {{ name }}
        on dates.event_date = {{ name }}.changed_on and {{ name }}.window_name = '{{ name }}'
    {% endfor %}
)

select * from final
