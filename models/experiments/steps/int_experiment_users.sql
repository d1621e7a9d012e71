with

assigned_users as (

    select * from {{ ref('int_experiment_assigned_users') }}

),

experiments as (

    select * from {{ ref('int_experiments') }}

),

users as (

    select * from {{ ref('int_users') }}

),

events as (

    select
        user_key,
        event_timestamp
    from {{ ref('int_events') }}

),

user_pings as (

    select
        user_key,
        first_event_timestamp
    from {{ ref('int_user_pings') }}

),

-- who was assigned before the experiment started enters with its start
entered_users as (

    select
        assigned_users.*,
        experiments.ended_at,
        experiments.observed_until,
        greatest(assigned_users.assigned_at, experiments.started_at) as entered_at
    from assigned_users
    inner join experiments on assigned_users.experiment_id = experiments.experiment_id

),

first_exposures as (

    select
        entered_users.experiment_id,
        entered_users.user_key,
        min(events.event_timestamp) as first_exposure_at
    from entered_users
    inner join events on entered_users.user_key = events.user_key
    where
        events.event_timestamp >= entered_users.entered_at
        and (
            entered_users.ended_at is null
            or events.event_timestamp < entered_users.ended_at
        )
    group by entered_users.experiment_id, entered_users.user_key

),

earlier_pings as (

    select
        entered_users.experiment_id,
        entered_users.user_key,
        count(*) as n_pings
    from entered_users
    inner join user_pings on entered_users.user_key = user_pings.user_key
    where user_pings.first_event_timestamp < entered_users.entered_at
    group by entered_users.experiment_id, entered_users.user_key

),

final as (

    select
        entered_users.experiment_id,
        entered_users.user_id,
        entered_users.user_key,
        entered_users.arm,
        entered_users.n_arms,
        entered_users.is_crossover,
        entered_users.assigned_at,
        entered_users.entered_at,
        first_exposures.first_exposure_at,
        entered_users.ended_at,
        entered_users.observed_until,
        not entered_users.is_crossover and first_exposures.first_exposure_at is not null
            as is_analysed,
        users.cohort,
        users.country,
        users.region,
        case
            when coalesce(earlier_pings.n_pings, 0) = 0 then '0'
            when earlier_pings.n_pings < 5 then '1_to_4'
            when earlier_pings.n_pings < 20 then '5_to_19'
            else '20_up'
        end as activity
    from entered_users
    left join users on entered_users.user_key = users.user_key
    left join first_exposures
        on
            entered_users.experiment_id = first_exposures.experiment_id
            and entered_users.user_key = first_exposures.user_key
    left join earlier_pings
        on
            entered_users.experiment_id = earlier_pings.experiment_id
            and entered_users.user_key = earlier_pings.user_key

)

select * from final
