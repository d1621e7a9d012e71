-- Rows of the logs, counted once by all that says of which day they are.
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
    where
        log_rows.outcome in ('accepted', 'rejected')
        -- rewound, what arrives later has not arrived yet
        and not {{ is_after_as_of('log_rows.loaded_at') }}

),

{% endfor -%}
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

final as (

    select
        source_table,
        file_number,
        reject_reason,
        date_trunc('hour', loaded_at) as arrival_hour,
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
        date_trunc('hour', loaded_at),
        cast(event_timestamp as date)

)

select * from final
