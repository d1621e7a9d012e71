{%- set metrics = {
    'watch_through_rate': 'views', 'engagement_per_impression': 'impressions',
} %}

with

files as (

    select * from {{ ref('int_gate_files') }}

),

days as (

    select * from {{ ref('int_gate_days') }}

),

log_span as (
    {{ log_span() }}
),

vanished as (
    {{ vanished_files() }}
),

delivered as (

    select
        count(*) as n_files,
        min(modified_at) as first_modified_at,
        max(modified_at) as newest_modified_at
    from files

),

-- of the files of one delivery, the worst one: of many good ones, it would not show in the whole
newest_files as (

    select
        files.*,
        {{ safe_divide('files.n_rejected', 'files.n_rows') }} as rejected_share
    from files
    cross join delivered
    where
        files.n_rows >= {{ var('gate_least_events') }}
        and (
            files.modified_at is null
            or {{ elapsed_seconds('files.modified_at', 'delivered.newest_modified_at') }}
            <= 3600 * {{ var('gate_delivery_hours') }}
        )

),

ranked_files as (

    select
        *,
        row_number() over (
            partition by source_table
            order by rejected_share desc, n_rows desc, {{ in_byte_order('path') }}
        ) as place
    from newest_files

),

logs as (

    select 'interactions' as source_table
    union all
    select 'exposures' as source_table

),

rejected as (

    select
        'rejected rows' as gate,
        logs.source_table as about,
        ranked_files.rejected_share as value,
        case
            when ranked_files.place is null
                then 'no file of the newest delivery has enough rows (gate_least_events)'
            else concat(
                ranked_files.n_rejected, ' of ', ranked_files.n_rows, ' rows (',
                {{ percent_text('ranked_files.rejected_share') }}, ') of ', ranked_files.path,
                ', of the newest delivery, are rejected',
                case
                    when ranked_files.main_reason is null then ''
                    else concat(
                        ', ', ranked_files.n_main_reason, ' of them as ''',
                        ranked_files.main_reason, ''''
                    )
                end
            )
        end as sentence
    from logs
    left join ranked_files
        on
            logs.source_table = ranked_files.source_table
            and ranked_files.place = 1

),

ages as (

    select
        delivered.newest_modified_at,
        log_span.newest_event_timestamp,
        {{ elapsed_seconds('log_span.newest_event_timestamp', 'delivered.newest_modified_at') }}
        / 3600 as hours,
        {{ elapsed_seconds('delivered.first_modified_at', 'delivered.newest_modified_at') }}
        > 3600 * {{ var('gate_delivery_hours') }} as has_several_deliveries
    from delivered
    cross join log_span

),

-- files that came together may be a copy, and a log of long ago is studied, not delivered
age as (

    select
        'age of the log' as gate,
        'log' as about,
        case
            when has_several_deliveries and hours <= 24 * {{ var('max_gap_days') }} then hours
        end as value,
        case
            when has_several_deliveries and hours <= 24 * {{ var('max_gap_days') }}
                then concat(
                    'the newest event is of ', cast(newest_event_timestamp as date), ', ',
                    cast(floor(hours) as bigint), ' h before the newest file came'
                )
            else 'the files came in one delivery, or the log is one of the past'
        end as sentence
    from ages

),

before as (

    select
        count(case when n_events > 0 then 1 end) as n_days,
        {{ percentile('n_events', 0.5) }} as n_events
        {%- for metric, counted in metrics.items() %},
        {%- set is_counted %}case
            when {{ counted }} >= {{ var('gate_metric_least_events') }} then {{ metric }}
        end{% endset %}
        count({{ is_counted }}) as days_of_{{ metric }},
        {{ percentile(is_counted, 0.5) }} as {{ metric }}
        {%- endfor %}
    from days
    where days_before > 0

),

judged as (

    select * from days
    where days_before = 0

),

compared as (

    select
        max(judged.event_date) as event_date,
        max(judged.n_events) as n_events,
        max(before.n_events) as usual_events,
        max(
            case
                when
                    before.n_days >= {{ var('gate_least_days') }}
                    and before.n_events >= {{ var('gate_least_events') }}
                    then 1 - {{ safe_divide('judged.n_events', 'before.n_events') }}
            end
        ) as missing_share
        {%- for metric, counted in metrics.items() %},
        max(judged.{{ metric }}) as {{ metric }},
        max(before.{{ metric }}) as usual_{{ metric }},
        max(
            case
                when
                    before.days_of_{{ metric }} >= {{ var('gate_least_days') }}
                    and judged.{{ counted }} >= {{ var('gate_metric_least_events') }}
                    then abs(
                        {{ safe_divide('judged.' ~ metric, 'before.' ~ metric) }} - 1
                    )
            end
        ) as change_of_{{ metric }}
        {%- endfor %}
    from before
    cross join judged

),

events as (

    select
        'events of the day' as gate,
        'log' as about,
        missing_share as value,
        case
            when missing_share is null
                then 'too few days or events before (gate_least_days, gate_least_events)'
            else concat(
                event_date, ' has ', n_events, ' events, ',
                {{ percent_text('1 - missing_share') }},
                ' of the median of the seven days before (',
                cast(floor(usual_events) as bigint), ')'
            )
        end as sentence
    from compared

),

{% for metric, counted in metrics.items() -%}
changed_{{ metric }} as (

    select
        'change of a metric' as gate,
        '{{ metric }}' as about,
        change_of_{{ metric }} as value,
        case
            when change_of_{{ metric }} is null
                then 'too few days or {{ counted }} (gate_least_days, gate_metric_least_events)'
            else concat(
                'on ', event_date, ' it is ',
                cast(floor(1000 * {{ metric }} + 0.5) as bigint), ' per thousand, ',
                {{ percent_text('change_of_' ~ metric) }},
                case when {{ metric }} < usual_{{ metric }} then ' below' else ' above' end,
                ' the median of the seven days before (',
                cast(floor(1000 * usual_{{ metric }} + 0.5) as bigint), ')'
            )
        end as sentence
    from compared

),

{% endfor -%}
gone as (

    select
        'vanished files' as gate,
        'log' as about,
        cast(count(*) as {{ type_double() }}) as value,
        case
            when count(*) = 0 then 'no file that was read is gone'
            else concat(
                count(*), ' files that were read are gone, such as ',
                min({{ in_byte_order('path') }}),
                ': put them back, or take the log as it is (dbt build --full-refresh)'
            )
        end as sentence
    from vanished

),

final as (
    {% for part in ['rejected', 'age', 'events', 'gone'] -%}
    select * from {{ part }}
    union all
    {% endfor -%}
    {% for metric in metrics -%}
    select * from changed_{{ metric }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}

)

select * from final
