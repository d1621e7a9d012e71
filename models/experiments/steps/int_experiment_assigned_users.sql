with

assignments as (

    select * from {{ ref('stg_experiment_assignments') }}
    where outcome = 'accepted'

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

-- an arm of a user is here once
numbered as (

    select
        *,
        row_number() over (
            partition by experiment_id, user_id
            order by assigned_at, {{ in_byte_order('arm') }}
        ) as arm_number,
        count(*) over (partition by experiment_id, user_id) as n_arms
    from assignments

),

final as (

    select
        numbered.experiment_id,
        numbered.user_id,
        user_keys.user_key,
        numbered.arm,
        numbered.n_arms,
        numbered.n_arms > 1 as is_crossover,
        numbered.assigned_at
    from numbered
    left join user_keys on numbered.user_id = user_keys.user_id
    where numbered.arm_number = 1

)

select * from final
