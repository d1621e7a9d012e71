-- What was known of a pair at a cutoff is its running total at the last response before it: nothing
-- is added up anew for every cutoff. Types are as narrow as the values: what is summed up is wide
-- in some engines, and this is the largest table.
with

responses as (

    select * from {{ ref('int_ranking_responses') }}

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}

),

running as (

    select
        user_key,
        ping_key,
        is_in_catalogue,
        hour_number,
        lead(hour_number) over (
            partition by user_key, ping_key order by hour_number
        ) as next_hour,
        min(hour_number) over so_far as first_hour,
        sum(n_events) over so_far as n_events,
        {{ exact_sum('engagement_score', frame='so_far') }} as engagement_score,
        max(relevance_grade) over so_far as relevance_grade,
        max(watch_time_ratio) over so_far as watch_time_ratio,
        sum(n_active_events) over so_far as n_active_events
    from responses
    window so_far as (
        partition by user_key, ping_key
        order by hour_number
        rows between unbounded preceding and current row
    )

),

{% if var('affinity_window_days') is not none -%}
windows as (

    select
        cutoffs.cutoff_key,
        max(responses.hour_number) - 24 * {{ var('affinity_window_days') }} as first_hour
    from responses
    inner join cutoffs on responses.hour_number < cutoffs.cutoff_hour
    group by cutoffs.cutoff_key

),

-- what had left the window by the cutoff
left_behind as (

    select
        windows.cutoff_key,
        responses.user_key,
        responses.ping_key,
        sum(responses.n_events) as n_events
    from responses
    inner join windows on responses.hour_number < windows.first_hour
    group by windows.cutoff_key, responses.user_key, responses.ping_key

),

{% endif -%}
final as (

    select
        cutoffs.cutoff_key,
        running.user_key,
        running.ping_key,
        running.is_in_catalogue,
        cast(cutoffs.cutoff_hour - running.hour_number - 0.5 as {{ type_double() }})
            as hours_since_last,
        cast(cutoffs.cutoff_hour - running.first_hour - 0.5 as {{ type_double() }})
            as hours_since_first,
        cast(running.n_events as bigint) as n_events,
        {% if var('affinity_window_days') is none -%}
        cast(running.n_events as bigint) as n_affinity_events,
        {% else -%}
        cast(running.n_events - coalesce(left_behind.n_events, 0) as bigint) as n_affinity_events,
        {% endif -%}
        running.engagement_score,
        least(running.relevance_grade, 1) as gain,
        cast(case when running.relevance_grade > 0 then 1 else 0 end as {{ type_double() }})
            as positive,
        running.watch_time_ratio,
        cast(case when running.n_active_events > 0 then 1 else 0 end as {{ type_double() }})
            as active
    from running
    inner join cutoffs
        on
            running.hour_number < cutoffs.cutoff_hour
            and coalesce(running.next_hour >= cutoffs.cutoff_hour, true)
    {%- if var('affinity_window_days') is not none %}
    left join left_behind
        on
            cutoffs.cutoff_key = left_behind.cutoff_key
            and running.user_key = left_behind.user_key
            and running.ping_key = left_behind.ping_key
    {%- endif %}

)

select * from final
