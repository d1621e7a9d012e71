-- A row is of the day that it arrived on, where it says so: what was delivered again or late is
-- odd on that day, and not on the day of its events. Else it is of the day of its event; else of
-- that of its file, where a file holds one day. What is then left is of no day; what is of the
-- future is of the newest day that is judged, so that it is said.
{%- set mainly = 0.9 %}
{%- set in_the_future = "'timestamp in the future'" %}

with

date_bound as (

    {{ date_bound('event_timestamp') }}

),

{% for log in ['interactions', 'exposures'] -%}
{{ log }} as (

    select
        log_rows.file_number,
        case
            when log_rows.outcome = 'rejected' then log_rows.reject_reason
            when {{ is_of_the_future('log_rows.event_timestamp') }} then {{ in_the_future }}
        end as reject_reason,
        log_rows.loaded_at,
        log_rows.event_timestamp,
        {{ 'log_rows.dwell_time is null' if log == 'exposures' else 'false' }}
            as is_without_dwell_time
    from {{ ref('int_' ~ log) }} as log_rows
    cross join date_bound
    where log_rows.outcome in ('accepted', 'rejected')

),

{% endfor -%}
files as (

    {{ read_files() }}

),

gate_files as (

    select * from {{ ref('int_gate_files') }}

),

newest_judged as (

    select max(event_date) as newest_date
    from {{ ref('int_alert_days') }}
    where day_number <= judged_day_number

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
    where gate_files.n_main_date >= {{ mainly }} * (gate_files.n_rows - gate_files.n_rejected)

),

log_rows as (
    {% for log in ['interactions', 'exposures'] %}
    select
        '{{ log }}' as source_table,
        {{ log }}.*
    from {{ log }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

counted as (

    select
        source_table,
        file_number,
        reject_reason,
        cast(loaded_at as date) as arrival_date,
        cast(event_timestamp as date) as event_date,
        count(*) as n_rows,
        count(loaded_at) as n_with_arrival,
        count(*) filter (where {{ elapsed_seconds('event_timestamp', 'loaded_at') }} > 86400)
            as n_late,
        count(*) filter (where is_without_dwell_time) as n_without_dwell_time
    from log_rows
    group by
        source_table,
        file_number,
        reject_reason,
        cast(loaded_at as date),
        cast(event_timestamp as date)

),

dated as (

    select
        counted.source_table,
        counted.reject_reason,
        counted.reject_reason is null as is_accepted,
        -- a date in the future is of no day of the log
        coalesce(
            counted.arrival_date,
            case
                when coalesce(counted.reject_reason, '') <> {{ in_the_future }}
                    then counted.event_date
            end,
            day_files.main_date,
            case when counted.reject_reason = {{ in_the_future }} then newest_judged.newest_date end
        ) as arrival_date,
        counted.n_rows,
        counted.n_with_arrival,
        counted.n_late,
        counted.n_without_dwell_time
    from counted
    left join day_files
        on
            counted.source_table = day_files.source_table
            and counted.file_number = day_files.file_number
    cross join newest_judged

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
