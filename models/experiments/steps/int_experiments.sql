with

assigned_users as (

    select * from {{ ref('int_experiment_assigned_users') }}

),

described as (

    select * from {{ ref('stg_experiments') }}
    where outcome = 'accepted'

),

assigned as (

    select
        experiment_id,
        min({{ in_byte_order('arm') }}) as first_arm,
        max(case when arm = 'control' then arm end) as arm_named_control,
        min(assigned_at) as first_assigned_at,
        max(assigned_at) as last_assigned_at
    from assigned_users
    where not is_crossover
    group by experiment_id

),

ids as (

    select experiment_id from assigned_users
    union
    select experiment_id from described

),

log_span as (
    {{ log_span() }}
),

final as (

    select
        ids.experiment_id,
        described.experiment_id is not null as is_described,
        coalesce(described.control_arm, assigned.arm_named_control, assigned.first_arm)
            as control_arm,
        case
            when described.control_arm is not null then 'given'
            when assigned.arm_named_control is not null then 'named control'
            when assigned.first_arm is not null then 'first by name'
        end as control_source,
        described.primary_metric,
        described.planned_shares,
        described.started_at,
        described.ended_at,
        assigned.first_assigned_at,
        assigned.last_assigned_at,
        least(log_span.newest_event_timestamp, described.ended_at) as observed_until
    from ids
    left join assigned on ids.experiment_id = assigned.experiment_id
    left join described on ids.experiment_id = described.experiment_id
    cross join log_span

)

select * from final
