-- The planned shares are a text such as control=0.5|treatment=0.5, shares of whatever they add up
-- to; without a plan, all arms that somebody is in alone have equal ones: one that only crossovers
-- were in, such as an older name of another, has none.
with

experiments as (

    select * from {{ ref('int_experiments') }}

),

experiment_users as (

    select * from {{ ref('int_experiment_users') }}

),

planned_items as (

    {{ split_items('experiments', 'experiment_id', 'planned_shares') | trim }}

),

planned as (

    select
        experiment_id,
        trim(split_part(item, '=', 1)) as arm,
        count(*) as times_planned,
        max({{ safe_double("split_part(item, '=', 2)") }}) as planned_share
    from planned_items
    group by experiment_id, trim(split_part(item, '=', 1))

),

-- a plan with a share that cannot be one, or with two for an arm, is none
unusable_plans as (

    select experiment_id from planned
    group by experiment_id
    having
        min(case when planned_share >= 0 and planned_share < 1e12 then 1 else 0 end) = 0
        or max(times_planned) > 1
        or sum(planned_share) = 0

),

arms as (

    select
        experiment_id,
        arm
    from experiment_users
    union
    select
        planned.experiment_id,
        planned.arm
    from planned
    left join unusable_plans on planned.experiment_id = unusable_plans.experiment_id
    where unusable_plans.experiment_id is null

),

counted as (

    select
        experiment_id,
        arm,
        count(case when not is_crossover then 1 end) as users,
        count(case when is_crossover then 1 end) as crossovers,
        count(case when is_analysed then 1 end) as exposed_users,
        count(case
            when not is_crossover and first_exposure_at is null and assigned_at > observed_until
                then 1
        end) as users_after_the_end,
        {%- for day in [1, 7] %}
        count(case
            when is_analysed and {{ is_day_over('first_exposure_at', day, 'observed_until') }}
                then 1
        end) as d{{ day }}_users
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from experiment_users
    group by experiment_id, arm

),

final as (

    select
        arms.experiment_id,
        arms.arm,
        coalesce(counted.users, 0) as users,
        coalesce(counted.crossovers, 0) as crossovers,
        coalesce(counted.exposed_users, 0) as exposed_users,
        coalesce(counted.users_after_the_end, 0) as users_after_the_end,
        coalesce(counted.d1_users, 0) as d1_users,
        coalesce(counted.d7_users, 0) as d7_users,
        case
            when experiments.planned_shares is null then 'equal'
            when unusable_plans.experiment_id is not null then 'unusable'
            else 'planned'
        end as plan,
        case
            when experiments.planned_shares is null or unusable_plans.experiment_id is not null
                then case when counted.users > 0 then 1.0e0 else 0.0e0 end
            else coalesce(planned.planned_share, 0)
        end as planned_weight
    from arms
    inner join experiments on arms.experiment_id = experiments.experiment_id
    left join counted
        on
            arms.experiment_id = counted.experiment_id
            and arms.arm = counted.arm
    left join unusable_plans on arms.experiment_id = unusable_plans.experiment_id
    left join planned
        on
            arms.experiment_id = planned.experiment_id
            and arms.arm = planned.arm

)

select * from final
