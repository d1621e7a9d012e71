-- The time that the spans cover is cut into parts which lie in each span whole or not at all, so
-- that events are counted once, by part.
{{ config(materialized=change_materialization()) }}

with

log_span as (
    {{ log_span() }}
),

spans as (
    {{ change_spans('log_span') | trim }}
),

edges as (

    select starts_at as edge from spans
    union
    select ends_at as edge from spans

),

cut as (

    select
        edge as part_starts_at,
        lead(edge) over (order by edge) as part_ends_at,
        row_number() over (order by edge desc) - 1 as part
    from edges

),

final as (

    select
        spans.time_window,
        spans.is_after,
        cast(cut.part as integer) as part,
        cut.part_starts_at,
        cut.part_ends_at,
        spans.starts_at,
        spans.ends_at,
        max(cast(cut.part as integer)) over (partition by spans.time_window) as earliest_part
    from spans
    inner join cut
        on
            spans.starts_at <= cut.part_starts_at
            and spans.ends_at >= cut.part_ends_at

)

select * from final
