-- A user whose numbers grow on a day counts with the new ones from then on, and no more with the
-- old ones: only days on which a user has events need to be looked at.
{%- set metrics = experiment_metrics() %}
{%- set added_up = metrics | selectattr('day', 'undefined') | list %}
{%- set retained = metrics | selectattr('day', 'defined') | list %}
{%- set counts = experiment_counts() %}

with

totals as (

    select * from {{ ref('int_experiment_user_totals') }}

),

days as (

    select * from {{ ref('int_experiment_days') }}
    where not is_pre

),

cumulated as (

    select
        experiment_id,
        user_key,
        event_date,
        {%- for count in counts %}
        cast(sum({{ double_as_decimal('cast(' ~ count ~ ' as ' ~ type_double() ~ ')') }}) over (
            partition by experiment_id, user_key
            order by event_date
            rows between unbounded preceding and current row
        ) as {{ type_double() }}) as {{ count }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from days

),

lasting as (

    select
        *,
        lead(event_date) over (
            partition by experiment_id, user_key order by event_date
        ) as next_date
    from cumulated

),

changes as (
    {% for change, date in [(1, 'event_date'), (-1, 'next_date')] %}
    select
        experiment_id,
        user_key,
        {{ date }} as change_date,
        {{ change }} as change,
        {{ counts | join(',\n        ') }}
    from lasting
    where {{ date }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

added_up_metrics as (
    {{ metric_names(added_up) }}
),

user_values as (

    select
        totals.experiment_id,
        totals.arm,
        changes.change_date,
        changes.change,
        added_up_metrics.metric,
        {{ metric_values(added_up, 'changes', 'totals', 'added_up_metrics.metric') | trim }}
    from changes
    inner join totals
        on
            changes.experiment_id = totals.experiment_id
            and changes.user_key = totals.user_key
    cross join added_up_metrics
    {%- for metric in retained %}
    union all
    -- who has been observed for long enough counts from the day on that is looked at
    select
        experiment_id,
        arm,
        cast({{ add_days('cast(first_exposure_at as date)', metric.day) }} as date) as change_date,
        1 as change,
        '{{ metric.name }}' as metric,
        {{ metric_values([metric], 'totals', 'totals', "'" ~ metric.name ~ "'") | trim }}
    from totals
    where {{ metric.numerator }} is not null
    {%- endfor %}

),

summed as (

    select
        experiment_id,
        arm,
        metric,
        change_date,
        sum(change) as users,
        {%- for name, moment in experiment_moments('change').items() %}
        {{ moment }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from user_values
    group by experiment_id, arm, metric, change_date

),

dates as (

    select distinct
        experiment_id,
        change_date
    from summed

),

arms as (

    select distinct
        experiment_id,
        arm,
        metric
    from summed

),

final as (

    select
        arms.experiment_id,
        dates.change_date as event_date,
        arms.arm,
        {% for name in ['users'] + experiment_moments().keys() | list -%}
        sum(coalesce(summed.{{ name }}, 0)) over (
            partition by arms.experiment_id, arms.arm, arms.metric
            order by dates.change_date
            rows between unbounded preceding and current row
        ) as {{ name }},
        {% endfor -%}
        arms.metric
    from arms
    inner join dates on arms.experiment_id = dates.experiment_id
    left join summed
        on
            arms.experiment_id = summed.experiment_id
            and arms.arm = summed.arm
            and arms.metric = summed.metric
            and dates.change_date = summed.change_date

)

select * from final
