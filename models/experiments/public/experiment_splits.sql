with

split_checks as (

    select * from {{ ref('int_experiment_split_checks') }}

),

final as (

    select
        experiment_id,
        control_arm,
        primary_metric,
        started_at,
        ended_at,
        first_assigned_at,
        last_assigned_at,
        arms,
        users,
        crossovers,
        exposed_users,
        users_by_arm,
        planned_users_by_arm,
        exposed_users_by_arm,
        chi_square,
        degrees_of_freedom,
        p_value,
        exposed_chi_square,
        exposed_p_value,
        is_readable,
        verdict,
        notes
    from split_checks

)

select * from final
