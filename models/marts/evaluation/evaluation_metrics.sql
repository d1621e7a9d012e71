-- A view, so that an evaluation shows as soon as it is recorded.
{{ config(materialized='view') }}

with

recorded_evaluations as (

    select * from {{ ref('int_recorded_evaluations') }}

),

final as (

    select
        recorded_at,
        as_of,
        horizon_end,
        strategy,
        segment,
        k,
        metric,
        value,
        low,
        high,
        n
    from recorded_evaluations
    where
        -- what was measured on another log says nothing of this one
        log_source = {{ sql_text(log_source()) }}
        -- a rewound warehouse knows the evaluations whose held-out days were over by then
        and {{ 'true' if as_of() is none else 'horizon_end <= ' ~ as_of() }}

)

select * from final
