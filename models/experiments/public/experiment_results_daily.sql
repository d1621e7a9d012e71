with

comparisons as (

    select * from {{ ref('int_experiment_daily_comparisons') }}

),

final as (

    select
        date,
        experiment_id,
        metric,
        segment,
        arm,
        control_arm,
        users,
        control_users,
        mean,
        control_mean,
        difference,
        difference_low,
        difference_high,
        lift,
        lift_low,
        lift_high,
        p_value,
        cuped_difference,
        cuped_difference_low,
        cuped_difference_high,
        cuped_lift,
        cuped_lift_low,
        cuped_lift_high,
        cuped_p_value,
        cuped_narrowing,
        always_valid_low,
        always_valid_high,
        p_value_adjusted,
        verdict
    from comparisons

)

select * from final
