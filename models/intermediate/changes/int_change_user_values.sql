{{ config(materialized=change_materialization()) }}
{%- set names = change_dimensions().items() | selectattr(1) | map(attribute=0) | list %}

with

user_counts as (

    select * from {{ ref('int_change_user_counts') }}

),

users as (

    select * from {{ ref('int_users') }}

),

valued as (

    select
        user_counts.*,
        users.cohort,
        coalesce(users.country, 'unknown') as country,
        coalesce(users.region, 'unknown') as region,
        case
            when user_counts.n_days_before = 0 then '0 days'
            when user_counts.n_days_before < 4 then '1 to 3 days'
            when user_counts.n_days_before < 10 then '4 to 9 days'
            else '10 to 28 days'
        end as user_activity
    from user_counts
    inner join users on user_counts.user_key = users.user_key

),

counted as (

    select
        valued.time_window,
        valued.is_after,
        case
            {%- for name in names[:-1] %}
            when grouping(valued.{{ name }}) = 0 then '{{ name }}'
            {%- endfor %}
            else '{{ names | last }}'
        end as dimension,
        coalesce(valued.{{ names | join(', valued.') }}) as attribute,
        cast(sum(valued.active_users) as bigint) as active_users,
        {{ summed_counts('valued') | trim }}
    from valued
    -- sqlfluff does not know it in the SQL of DuckDB
    group by grouping sets (  -- noqa: PRS
        {%- for name in names %}
        (valued.time_window, valued.is_after, valued.{{ name }})
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )

),

{% if var('experiments_enabled') -%}
assigned_users as (

    select * from {{ ref('int_experiment_assigned_users') }}
    where not is_crossover

),

-- few; the limit tells Spark so
experiments as (

    select distinct experiment_id from assigned_users
    order by experiment_id
    limit 1000

),

arms as (

    select
        user_counts.time_window,
        user_counts.is_after,
        'arm: ' || experiments.experiment_id as dimension,
        coalesce(assigned_users.arm, 'unknown') as attribute,
        cast(sum(user_counts.active_users) as bigint) as active_users,
        {{ summed_counts('user_counts') | trim }}
    from user_counts
    cross join experiments
    left join assigned_users
        on
            user_counts.user_key = assigned_users.user_key
            and experiments.experiment_id = assigned_users.experiment_id
    group by
        user_counts.time_window,
        user_counts.is_after,
        experiments.experiment_id,
        coalesce(assigned_users.arm, 'unknown')

),

{% endif -%}
final as (

    select * from counted
    {%- if var('experiments_enabled') %}
    union all
    select * from arms
    {%- endif %}

)

select * from final
