{%- set metrics = experiment_metrics() %}

with

totals as (

    select * from {{ ref('int_experiment_user_totals') }}

),

metrics as (
    {{ metric_names(metrics) }}
),

segment_totals as (

    select
        totals.*,
        'all' as segment
    from totals
    {%- for segment in ["cohort", "'country_' || country", "'region_' || region",
                        "'activity_' || activity"] %}
    union all
    select
        totals.*,
        {{ segment }} as segment
    from totals
    {%- endfor %}

),

user_values as (

    select
        segment_totals.experiment_id,
        segment_totals.arm,
        segment_totals.segment,
        metrics.metric,
        {{ metric_values(metrics, 'segment_totals', 'segment_totals', 'metrics.metric') | trim }}
    from segment_totals
    cross join metrics
    where segment_totals.segment <> 'unknown'

),

final as (

    select
        experiment_id,
        arm,
        metric,
        segment,
        count(*) as users,
        {%- for name, moment in experiment_moments().items() %}
        {{ moment }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from user_values
    where numerator is not null
    group by experiment_id, arm, metric, segment

)

select * from final
