-- A row is of the day that it arrived on, where it says so: what was delivered again or late is
-- odd on that day, and not on the day of its events. Else it is of the day of its event; else of
-- that of its file, where a file holds one day. What is then left is of no day.
{%- set mainly = 0.9 %}
{%- set in_the_future = "'timestamp in the future'" %}

with

{% for log in ['interactions', 'exposures'] -%}
{{ log }} as (

    select
        file_number,
        case when outcome = 'rejected' then reject_reason end as reject_reason,
        cast(loaded_at as date) as arrival_date,
        -- a date in the future is of no day of the log
        case
            when coalesce(reject_reason, '') <> {{ in_the_future }}
                then cast(event_timestamp as date)
        end as event_date,
        count(*) as n_rows,
        count(*) filter (where outcome = 'accepted') as n_accepted,
        count(*) filter (where outcome = 'accepted' and loaded_at is not null) as n_with_arrival,
        count(*) filter (
            where
                outcome = 'accepted'
                and {{ elapsed_seconds('event_timestamp', 'loaded_at') }} > 86400
        ) as n_late,
        {% if log == 'exposures' -%}
        count(*) filter (where outcome = 'accepted' and dwell_time is null) as n_without_dwell_time
        {%- else -%}
        0 as n_without_dwell_time
        {%- endif %}
    from {{ ref('int_' ~ log) }}
    where outcome in ('accepted', 'rejected')
    group by
        file_number,
        case when outcome = 'rejected' then reject_reason end,
        cast(loaded_at as date),
        case
            when coalesce(reject_reason, '') <> {{ in_the_future }}
                then cast(event_timestamp as date)
        end

),

{% endfor -%}
files as (

    {{ read_files() }}

),

gate_files as (

    select * from {{ ref('int_gate_files') }}

),

log_end as (
    {{ log_end() }}
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

counted as (
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

dated as (

    select
        counted.source_table,
        counted.reject_reason,
        coalesce(
            counted.arrival_date,
            counted.event_date,
            day_files.main_date,
            case when counted.reject_reason = {{ in_the_future }} then log_end.newest_date end
        ) as arrival_date,
        counted.n_rows,
        counted.n_accepted,
        counted.n_with_arrival,
        counted.n_late,
        counted.n_without_dwell_time
    from counted
    left join day_files
        on
            counted.source_table = day_files.source_table
            and counted.file_number = day_files.file_number
    cross join log_end

),

final as (

    select
        arrival_date,
        source_table,
        reject_reason,
        cast(sum(n_rows) as bigint) as n_rows,
        cast(sum(n_accepted) as bigint) as n_accepted,
        cast(sum(n_with_arrival) as bigint) as n_with_arrival,
        cast(sum(n_late) as bigint) as n_late,
        cast(sum(n_without_dwell_time) as bigint) as n_without_dwell_time
    from dated
    where arrival_date is not null
    group by arrival_date, source_table, reject_reason

)

select * from final
