with

topic_affinities as (

    select * from {{ ref('base_topic_affinities') }}

),

typed as (

    select
        raw_row_number,
        raw_row,
        row_problem,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('category') }} as category,
        {{ safe_double('affinity') }} as affinity
    from topic_affinities

),

checked as (

    select
        *,
        case
            when row_problem is not null then row_problem
            when user_id is null then 'missing id'
            when category is null then 'missing category'
            when not coalesce(affinity between 0 and 1, false) then 'affinity outside 0 to 1'
        end as row_reject_reason
    from typed

),

numbered as (

    select
        *,
        row_number() over (
            partition by user_id, category, row_reject_reason
            order by {{ raw_row_order() }}
        ) as copy_number
    from checked

),

final as (

    select
        raw_row_number,
        user_id,
        category,
        affinity,
        {{ intake_outcome('false', 'row_reject_reason', 'copy_number') }} as outcome,
        {{ intake_reject_reason('false', 'row_reject_reason', 'copy_number') }} as reject_reason,
        raw_row
    from numbered

)

select * from final
