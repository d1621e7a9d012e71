with

responses as (

    select * from {{ ref('int_ranking_responses') }}

),

cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}

),

final as (

    select
        cutoffs.cutoff_key,
        responses.user_key,
        responses.ping_key,
        cutoffs.cutoff_hour - max(responses.hour_number) - 0.5 as hours_since_last,
        cutoffs.cutoff_hour - min(responses.hour_number) - 0.5 as hours_since_first,
        sum(responses.n_events) as n_events,
        {{ exact_sum('responses.engagement_score') }} as engagement_score,
        least(max(responses.relevance_grade), 1) as gain,
        case when max(responses.relevance_grade) > 0 then 1.0 else 0.0 end as positive,
        max(responses.watch_time_ratio) as watch_time_ratio,
        case when sum(responses.n_active_events) > 0 then 1.0 else 0.0 end as active
    from responses
    inner join cutoffs on responses.hour_number < cutoffs.cutoff_hour
    where responses.is_in_catalogue
    group by
        cutoffs.cutoff_key,
        cutoffs.cutoff_hour,
        responses.user_key,
        responses.ping_key

)

select * from final
