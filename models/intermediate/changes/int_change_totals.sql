-- All windows and metrics are there, also those that nobody was active in.
{{ config(materialized=change_materialization()) }}
{%- set metrics = change_metrics() %}
{%- set sums = [('numerator', 'user', 'numerator'), ('denominator', 'user', 'denominator')] %}
{%- for unit in ['user', 'ping'] %}
{%- do sums.extend([
    (unit ~ '_units', unit, 'case when numerator > 0 or denominator > 0 then 1 else 0 end'),
    (unit ~ '_squares', unit, 'numerator * numerator'),
    (unit ~ '_products', unit, 'numerator * denominator'),
    (unit ~ '_denominator_squares', unit, 'denominator * denominator'),
]) %}
{%- endfor %}

with

user_counts as (

    select * from {{ ref('int_change_user_counts') }}

),

part_counts as (

    select * from {{ ref('int_change_part_counts') }}
    where key_kind = 'ping'

),

change_spans as (

    select * from {{ ref('int_change_spans') }}

),

log_span as (
    {{ log_span() }}
),

metrics as (
    {{ metric_names(metrics) }}
),

spans as (

    select
        change_spans.time_window,
        min(change_spans.starts_at) as earlier_starts_at,
        max(change_spans.ends_at) as later_ends_at,
        min(log_span.first_event_timestamp) as first_event_timestamp,
        max(log_span.newest_event_timestamp) as newest_event_timestamp
    from change_spans
    cross join log_span
    group by change_spans.time_window

),

-- what varies: users from each other, and pings
units as (

    select
        time_window,
        is_after,
        'user' as unit,
        active_users,
        {{ change_counts() | join(',\n        ') }}
    from user_counts
    union all
    select
        change_spans.time_window,
        change_spans.is_after,
        'ping' as unit,
        0 as active_users,
        {{ summed_counts('part_counts') | trim }}
    from part_counts
    inner join change_spans on part_counts.part = change_spans.part
    group by change_spans.time_window, change_spans.is_after, part_counts.ping_key

),

unit_metrics as (

    select
        units.time_window,
        units.is_after,
        units.unit,
        metrics.metric,
        {%- for column in ['numerator', 'denominator'] %}
        case metrics.metric
            {%- for metric in metrics %}
            when '{{ metric.name }}' then units.{{ metric[column] }}
            {%- endfor %}
        end as {{ column }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from units
    cross join metrics

),

summed as (

    select
        time_window,
        metric,
        {%- for side, condition in [('before', 'not is_after'), ('after', 'is_after')] %}
        {%- for name, unit, value in sums %}
        cast(coalesce(sum({{ value }}) filter (
            where unit = '{{ unit }}' and {{ condition }}
        ), 0) as bigint) as {{ name }}_{{ side }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from unit_metrics
    group by time_window, metric

),

final as (

    select
        metrics.metric,
        spans.time_window,
        {%- for side in ['before', 'after'] %}
        {%- for name, unit, value in sums %}
        coalesce(summed.{{ name }}_{{ side }}, 0) as {{ name }}_{{ side }},
        {%- endfor %}
        {{ safe_divide(
            'summed.numerator_' ~ side, 'summed.denominator_' ~ side
        ) }} as value_{{ side }},
        {%- endfor %}
        coalesce(
            {{ is_span_in_log('spans.earlier_starts_at', 'spans.first_event_timestamp') }}, false
        ) as is_in_log,
        coalesce(
            metrics.metric = 'no_view_24h_rate'
            and spans.later_ends_at > {{ add_days('spans.newest_event_timestamp', -1) }},
            false
        ) as is_provisional
    from spans
    cross join metrics
    left join summed
        on
            metrics.metric = summed.metric
            and spans.time_window = summed.time_window

)

select * from final
