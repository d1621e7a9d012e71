-- A row is of the day that it arrived on, where it says so: what was delivered again or late is
-- odd on that day, and not on the day of its events. Where the log had not reached that day by
-- then, as with loads of the night, it is of the day that the log had reached. Else it is of the
-- day of its event; else of that of its file, where a file holds one day. What is then left is of
-- no day: any that a build might choose would be another one in the next.
{%- set noticeably = 0.1 %}
{%- set in_the_future = "'timestamp in the future'" %}

with

log_rows as (

    select * from {{ ref('int_alert_rows') }}

),

files as (

    {{ read_files() }}

),

gate_files as (

    select * from {{ ref('int_gate_files') }}
    where holds_a_day

),

day_files as (

    select
        files.source_table,
        files.file_number,
        gate_files.main_date
    from files
    inner join gate_files
        on
            files.source_table = gate_files.source_table
            and files.path = gate_files.path

),

arrived_days as (

    select
        arrival_hour,
        event_date,
        sum(case when reject_reason is null then n_rows else 0 end) as n_accepted
    from log_rows
    where arrival_hour is not null
    group by arrival_hour, event_date

),

arrived_shares as (

    select
        *,
        sum(n_accepted) over (partition by arrival_hour) as n_of_hour
    from arrived_days

),

-- the newest day of which more than a few events arrived in the hour
arrived_hours as (

    select
        arrival_hour,
        max(case
            when n_accepted > 0 and n_accepted >= {{ noticeably }} * n_of_hour then event_date
        end) as event_date
    from arrived_shares
    group by arrival_hour

),

reached as (

    select
        arrival_hour,
        max(event_date) over (
            order by arrival_hour rows between unbounded preceding and current row
        ) as reached_date
    from arrived_hours

),

dated as (

    select
        log_rows.source_table,
        log_rows.reject_reason,
        log_rows.reject_reason is null as is_accepted,
        -- a date in the future is of no day of the log
        coalesce(
            case
                when reached.reached_date < cast(log_rows.arrival_hour as date)
                    then reached.reached_date
                else cast(log_rows.arrival_hour as date)
            end,
            case
                when coalesce(log_rows.reject_reason, '') <> {{ in_the_future }}
                    then log_rows.event_date
            end,
            day_files.main_date
        ) as arrival_date,
        log_rows.n_rows,
        log_rows.n_with_arrival,
        log_rows.n_late,
        log_rows.n_without_dwell_time
    from log_rows
    left join day_files
        on
            log_rows.source_table = day_files.source_table
            and log_rows.file_number = day_files.file_number
    left join reached on log_rows.arrival_hour = reached.arrival_hour

),

final as (

    select
        arrival_date,
        source_table,
        reject_reason,
        cast(sum(n_rows) as bigint) as n_rows,
        cast(sum(case when is_accepted then n_rows else 0 end) as bigint) as n_accepted,
        {% for name in ['n_with_arrival', 'n_late'] -%}
        cast(sum(case when is_accepted then {{ name }} else 0 end) as bigint) as {{ name }},
        {% endfor -%}
        cast(sum(case when is_accepted then n_without_dwell_time else 0 end) as bigint)
            as n_without_dwell_time
    from dated
    where arrival_date is not null
    group by arrival_date, source_table, reject_reason

)

select * from final
