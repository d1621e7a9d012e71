-- Rows that are rejected as they were sent twice, or are no events by the mapping, are not judged.
{%- set mainly = 0.9 %}

with

files as (

    {{ read_files() }}

),

date_bound as (
    {{ date_bound('event_timestamp') }}
),

{% for log in ['interactions', 'exposures'] -%}
judged_{{ log }} as (

    select
        log_rows.file_number,
        log_rows.outcome,
        log_rows.reject_reason,
        log_rows.event_timestamp,
        {{ is_of_the_future('log_rows.event_timestamp') }} as is_future
    from {{ ref('int_' ~ log) }} as log_rows
    cross join date_bound
    where
        log_rows.outcome in ('accepted', 'rejected')
        and coalesce(log_rows.reject_reason, '') not in ('duplicate', 'ignored by the mapping')

),

dated_{{ log }} as (

    select
        file_number,
        case when is_future then 'rejected' else outcome end as outcome,
        case
            when outcome = 'rejected' then reject_reason
            when is_future then 'timestamp in the future'
        end as reject_reason,
        case
            when outcome = 'accepted' and not is_future then cast(event_timestamp as date)
        end as event_date,
        case when not is_future then event_timestamp end as event_timestamp
    from judged_{{ log }}

),

{{ log }} as (

    select
        file_number,
        outcome,
        reject_reason,
        event_date,
        count(*) as n_rows,
        min(event_timestamp) as first_timestamp,
        max(event_timestamp) as last_timestamp
    from dated_{{ log }}
    group by file_number, outcome, reject_reason, event_date

),

{% endfor -%}
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

-- a table of the database comes in several parts
paths as (

    select
        source_table,
        path,
        max(modified_at) as modified_at
    from files
    where source_table in ('interactions', 'exposures')
    group by source_table, path

),

placed as (

    select
        files.source_table,
        files.path,
        counted.reject_reason,
        counted.event_date,
        sum(counted.n_rows) as n_rows,
        min(counted.first_timestamp) as first_timestamp,
        max(counted.last_timestamp) as last_timestamp
    from counted
    inner join files
        on
            counted.source_table = files.source_table
            and counted.file_number = files.file_number
    group by files.source_table, files.path, counted.reject_reason, counted.event_date

),

ranked as (

    select
        *,
        row_number() over (
            partition by source_table, path, case when event_date is null then 1 else 0 end
            order by n_rows desc, event_date desc, reject_reason
        ) as place
    from placed

),

summed as (

    select
        source_table,
        path,
        sum(n_rows) as n_rows,
        sum(case when reject_reason is not null then n_rows else 0 end) as n_rejected,
        max(case when reject_reason is not null and place = 1 then reject_reason end)
            as main_reason,
        max(case when reject_reason is not null and place = 1 then n_rows end) as n_main_reason,
        max(case when event_date is not null and place = 1 then event_date end) as main_date,
        max(case when event_date is not null and place = 1 then n_rows end) as n_main_date,
        max(case
            when event_date is not null and place = 1
                then {{ elapsed_seconds('first_timestamp', 'last_timestamp') }} / 3600
        end) as main_date_hours
    from ranked
    group by source_table, path

),

final as (

    select
        paths.source_table,
        paths.path,
        paths.modified_at,
        cast(coalesce(summed.n_rows, 0) as bigint) as n_rows,
        cast(coalesce(summed.n_rejected, 0) as bigint) as n_rejected,
        summed.main_reason,
        cast(coalesce(summed.n_main_reason, 0) as bigint) as n_main_reason,
        summed.main_date,
        cast(coalesce(summed.n_main_date, 0) as bigint) as n_main_date,
        summed.main_date_hours,
        coalesce(summed.n_main_date >= {{ mainly }} * (summed.n_rows - summed.n_rejected), false)
            as holds_a_day
    from paths
    left join summed
        on
            paths.source_table = summed.source_table
            and paths.path = summed.path

)

select * from final
