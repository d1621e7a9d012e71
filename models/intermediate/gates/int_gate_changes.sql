{%- set metrics = {
    'watch_through_rate': 'views', 'engagement_per_impression': 'impressions',
} %}

with

days as (

    select * from {{ ref('int_gate_days') }}

),

-- a rate of few events says little
counted_days as (

    select
        {% for metric, counted in metrics.items() -%}
        case when {{ counted }} >= {{ var('gate_metric_least_events') }} then {{ metric }} end
            as {{ metric }},
        {% endfor -%}
        days_before,
        event_date,
        n_events,
        impressions as n_impressions
    from days

),

before as (

    select
        {% for metric in metrics -%}
        count({{ metric }}) as days_of_{{ metric }},
        {{ percentile(metric, 0.5) }} as {{ metric }},
        {% endfor -%}
        count(case when n_events > 0 then 1 end) as n_days,
        {{ percentile('n_events', 0.5) }} as n_events,
        {{ percentile('n_impressions', 0.5) }} as n_impressions
    from counted_days
    where days_before > 0

),

judged as (

    select * from counted_days
    where days_before = 0

),

-- one row, also of a log without events
compared as (

    select
        {% for metric in metrics -%}
        max(judged.{{ metric }}) as {{ metric }},
        max(before.{{ metric }}) as usual_{{ metric }},
        max(
            case
                when before.days_of_{{ metric }} >= {{ var('gate_least_days') }}
                    then {{ safe_divide('judged.' ~ metric, 'before.' ~ metric) }} - 1
            end
        ) as change_of_{{ metric }},
        {% endfor -%}
        max(judged.event_date) as event_date,
        max(judged.n_events) as n_events,
        max(before.n_events) as usual_n_events,
        max(judged.n_impressions) as n_impressions,
        max(before.n_impressions) as usual_n_impressions,
        max(
            case
                when
                    before.n_days >= {{ var('gate_least_days') }}
                    and before.n_events >= {{ var('gate_least_events') }}
                    then {{ safe_divide('judged.n_events', 'before.n_events') }}
            end
        ) as share_of_events
    from before
    cross join judged

),

{% for metric, counted in metrics.items() -%}
changed_{{ metric }} as (

    select
        'change of a metric' as gate,
        '{{ metric }}' as about,
        abs(change_of_{{ metric }}) as value,
        case
            when change_of_{{ metric }} is null
                then 'too few days or {{ counted }} (gate_least_days, gate_metric_least_events)'
            else concat(
                    'on ', event_date, ' it is ',
                    cast(floor(1000 * {{ metric }} + 0.5) as bigint), ' per thousand, ',
                    {{ percent_text('abs(change_of_' ~ metric ~ ')') }},
                    case when change_of_{{ metric }} < 0 then ' below' else ' above' end,
                    ' the median of the seven days before (',
                    cast(floor(1000 * usual_{{ metric }} + 0.5) as bigint), ')'
                )
        end as sentence
    from compared

),

{% endfor -%}
events as (

    select
        'events of the day' as gate,
        'log' as about,
        1 - share_of_events as value,
        case
            when share_of_events is null
                then 'too few days or events before (gate_least_days, gate_least_events)'
            else concat(
                    event_date, ' has ', n_events, ' events, ',
                    {{ percent_text('share_of_events') }},
                    ' of the median of the seven days before (',
                    cast(floor(usual_n_events) as bigint), ')'
                )
        end as sentence
    from compared

),

-- a day whose impressions never came may have most of its events
impressions as (

    select
        'events of the day' as gate,
        'impressions' as about,
        case
            when n_events > 0 and share_of_events is not null
                and usual_n_impressions >= {{ var('gate_least_events') }}
                then case when n_impressions > 0 then 0 else 1 end
        end as value,
        case
            when usual_n_impressions >= {{ var('gate_least_events') }}
                then concat(
                        event_date, ' has ', n_impressions,
                        ', the median of the seven days before is ',
                        cast(floor(usual_n_impressions) as bigint)
                    )
            else 'too few before (gate_least_events)'
        end as sentence
    from compared

),

final as (

    select * from events
    union all
    select * from impressions
    {%- for metric in metrics %}
    union all
    select * from changed_{{ metric }}
    {%- endfor %}

)

select * from final
