with

responses as (

    select * from {{ ref('int_ranking_responses') }}

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}

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

{% endif -%}
final as (

    select
        cutoffs.cutoff_key,
        responses.user_key,
        responses.ping_key,
        responses.is_in_catalogue,
        cutoffs.cutoff_hour - max(responses.hour_number) - 0.5 as hours_since_last,
        cutoffs.cutoff_hour - min(responses.hour_number) - 0.5 as hours_since_first,
        sum(responses.n_events) as n_events,
        {% if var('affinity_window_days') is none -%}
        sum(responses.n_events) as n_affinity_events,
        {% else -%}
        coalesce(sum(responses.n_events) filter (
            where responses.hour_number >= windows.first_hour
        ), 0) as n_affinity_events,
        {% endif -%}
        {{ exact_sum('responses.engagement_score') }} as engagement_score,
        least(max(responses.relevance_grade), 1) as gain,
        case when max(responses.relevance_grade) > 0 then 1.0 else 0.0 end as positive,
        max(responses.watch_time_ratio) as watch_time_ratio,
        case when sum(responses.n_active_events) > 0 then 1.0 else 0.0 end as active
    from responses
    inner join cutoffs on responses.hour_number < cutoffs.cutoff_hour
    {% if var('affinity_window_days') is not none -%}
    inner join windows on cutoffs.cutoff_key = windows.cutoff_key
    {% endif -%}
    group by
        cutoffs.cutoff_key,
        cutoffs.cutoff_hour,
        responses.user_key,
        responses.ping_key,
        responses.is_in_catalogue

)

select * from final
