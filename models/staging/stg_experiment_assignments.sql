with

assignments as (

    select * from {{ ref('base_experiment_assignments') }}

),

typed as (

    select
        raw_row_number,
        raw_row,
        row_problem,
        {{ clean_text('experiment_id') }} as experiment_id,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('arm') }} as arm,
        {{ safe_timestamp('assigned_at') }} as assigned_at,
        {{ safe_timestamp('loaded_at') }} as loaded_at
    from assignments

),

checked as (

    select
        *,
        case
            when row_problem is not null then row_problem
            when experiment_id is null or user_id is null then 'missing id'
            when arm is null then 'missing arm'
            when assigned_at is null then 'unparseable or missing assignment time'
        end as row_reject_reason,
        {{ is_after_known_as_of('loaded_at') }} as is_after_known_as_of,
        {{ is_after_as_of('assigned_at') }} as is_after_as_of
    from typed

),

-- a service may write an assignment at each visit: the first one counts
numbered as (

    select
        *,
        row_number() over (
            partition by
                experiment_id,
                user_id,
                arm,
                row_reject_reason,
                is_after_as_of,
                is_after_known_as_of
            order by assigned_at, {{ raw_row_order() }}
        ) as copy_number
    from checked

),

final as (

    select
        raw_row_number,
        experiment_id,
        user_id,
        arm,
        assigned_at,
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
