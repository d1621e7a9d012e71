with

watches as (

    select * from {{ ref('int_ranking_response_watches') }}

),

lengths as (

    select * from {{ ref('int_ranking_response_lengths') }}

),

final as (

    select
        watches.cutoff_key,
        watches.user_key,
        watches.ping_key,
        watches.category_key,
        watches.creator_key,
        watches.duration_group,
        watches.positive,
        watches.positive - lengths.mean_positive as excess_positive,
        watches.ratio - lengths.mean_ratio as excess_ratio,
        watches.skipped - lengths.mean_skipped as excess_skipped,
        watches.log_watch - lengths.mean_log_watch as excess_watch,
        watches.log_watch - lengths.overall_log_watch as watch_over_mean
    from watches
    inner join lengths
        on
            watches.cutoff_key = lengths.cutoff_key
            and watches.length_group = lengths.length_group

)

select * from final
