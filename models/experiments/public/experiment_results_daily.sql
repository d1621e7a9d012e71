with

comparisons as (

    select * from {{ ref('int_experiment_daily_comparisons') }}

),

log_end as (
    {{ log_end() }}
),

final as (

    select
        comparisons.date,
        comparisons.experiment_id,
        comparisons.metric,
        comparisons.segment,
        comparisons.arm,
        comparisons.control_arm,
        comparisons.users,
        comparisons.control_users,
        comparisons.mean,
        comparisons.control_mean,
        comparisons.difference,
        comparisons.difference_low,
        comparisons.difference_high,
        comparisons.lift,
        comparisons.lift_low,
        comparisons.lift_high,
        comparisons.p_value,
        comparisons.cuped_difference,
        comparisons.cuped_difference_low,
        comparisons.cuped_difference_high,
        comparisons.cuped_lift,
        comparisons.cuped_lift_low,
        comparisons.cuped_lift_high,
        comparisons.cuped_p_value,
        comparisons.cuped_narrowing,
        comparisons.always_valid_low,
        comparisons.always_valid_high,
        comparisons.p_value_adjusted,
        comparisons.verdict,
        comparisons.date > log_end.whole_date as is_provisional
    from comparisons
    cross join log_end

)

select * from final
