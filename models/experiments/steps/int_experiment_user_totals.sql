{%- set retained = experiment_metrics() | selectattr('day', 'defined') | list %}

with

experiment_users as (

    select * from {{ ref('int_experiment_users') }}
    where is_analysed

),

days as (

    select * from {{ ref('int_experiment_days') }}

),

totals as (

    select
        experiment_id,
        user_key,
        {% for count in experiment_counts() -%}
        {% for prefix, condition in [('', 'not is_pre'), ('pre_', 'is_pre')] -%}
        {{ exact_sum('case when ' ~ condition ~ ' then ' ~ count ~ ' else 0 end') }}
            as {{ prefix }}{{ count }},
        {% endfor -%}
        {% endfor -%}
        count(case when not is_pre then 1 end) as n_days
    from days
    group by experiment_id, user_key

),

returned as (

    select
        days.experiment_id,
        days.user_key,
        {%- for metric in retained %}
        count(case
            when
                days.event_date = cast({{ add_days(
                    'cast(experiment_users.first_exposure_at as date)', metric.day
                ) }} as date)
                then 1
        end) as {{ metric.numerator }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from days
    inner join experiment_users
        on
            days.experiment_id = experiment_users.experiment_id
            and days.user_key = experiment_users.user_key
    where not days.is_pre
    group by days.experiment_id, days.user_key

),

final as (

    select
        experiment_users.experiment_id,
        experiment_users.user_key,
        experiment_users.arm,
        experiment_users.first_exposure_at,
        experiment_users.cohort,
        experiment_users.country,
        experiment_users.region,
        {% for metric in retained -%}
        case
            when {{ is_day_over(
                'experiment_users.first_exposure_at', metric.day, 'experiment_users.observed_until'
            ) }}
                then returned.{{ metric.numerator }}
        end as {{ metric.numerator }},
        {% endfor -%}
        {% for count in experiment_counts() -%}
        totals.{{ count }},
        totals.pre_{{ count }},
        {% endfor -%}
        experiment_users.activity
    from experiment_users
    inner join totals
        on
            experiment_users.experiment_id = totals.experiment_id
            and experiment_users.user_key = totals.user_key
    inner join returned
        on
            experiment_users.experiment_id = returned.experiment_id
            and experiment_users.user_key = returned.user_key

)

select * from final
