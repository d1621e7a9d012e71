with

experiments as (

    select * from {{ ref('base_experiments') }}

),

typed as (

    select
        raw_row_number,
        raw_row,
        row_problem,
        started_at as raw_started_at,
        ended_at as raw_ended_at,
        {{ clean_text('experiment_id') }} as experiment_id,
        {{ clean_text('control_arm') }} as control_arm,
        {{ safe_timestamp('started_at') }} as started_at,
        {{ safe_timestamp('ended_at') }} as ended_at,
        {{ sorted_items('planned_shares') }} as planned_shares,
        {{ clean_text('primary_metric') }} as primary_metric,
        {{ safe_timestamp('updated_at') }} as updated_at,
        {{ safe_timestamp('loaded_at') }} as loaded_at
    from experiments

),

checked as (

    select
        *,
        case
            when row_problem is not null then row_problem
            when experiment_id is null then 'missing id'
        end as row_reject_reason,
        {{ is_after_known_as_of('loaded_at') }} as is_after_known_as_of,
        {{ is_after_as_of('started_at') }} as is_after_as_of
    from typed

),

numbered as (

    select
        *,
        row_number() over (
            partition by experiment_id, row_reject_reason, is_after_as_of, is_after_known_as_of
            order by {{ newest_row_first() }}
        ) as copy_number
    from checked

),

final as (

    select
        raw_row_number,
        experiment_id,
        control_arm,
        started_at,
        ended_at,
        planned_shares,
        primary_metric,
        started_at is null and {{ is_present('raw_started_at') }} as is_started_at_nulled,
        ended_at is null and {{ is_present('raw_ended_at') }} as is_ended_at_nulled,
        case
            when is_after_known_as_of then 'after_known_as_of'
            else {{ intake_outcome('is_after_as_of', 'row_reject_reason', 'copy_number') }}
        end as outcome,
        case
            when not is_after_known_as_of
                then {{ intake_reject_reason(
                    'is_after_as_of', 'row_reject_reason', 'copy_number'
                ) }}
        end as reject_reason,
        raw_row
    from numbered

)

select * from final
