with

experiment_users as (

    select * from {{ ref('int_experiment_users') }}

),

totals as (

    select * from {{ ref('int_experiment_user_totals') }}

),

final as (

    select
        experiment_users.experiment_id,
        experiment_users.user_id,
        experiment_users.arm,
        experiment_users.n_arms,
        experiment_users.is_crossover,
        experiment_users.is_analysed,
        experiment_users.assigned_at,
        experiment_users.first_exposure_at,
        {{ elapsed_seconds(
            'experiment_users.first_exposure_at', 'experiment_users.observed_until'
        ) }} / 86400 as days_observed,
        {%- for metric in experiment_metrics() %}
        {{ pre_period_value(metric, 'totals') }} as pre_{{ metric.name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from experiment_users
    left join totals
        on
            experiment_users.experiment_id = totals.experiment_id
            and experiment_users.user_key = totals.user_key

)

select * from final
