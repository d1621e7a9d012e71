{# The last CTEs of a candidate source that orders pings for each user: what the user has not seen, the first
   ranking_source_pings of it. `final` has cutoff_key, user_key, ping_key, source and source_rank, 1 for the best.

   source: its name. order_by: expressions of the CTE offered; ties go by ping_key. most: how many pings of it instead.
   Needs the CTE offered (cutoff_key, user_key, ping_key, once each, and what order_by names) beside it. #}
{% macro source_lists(source, order_by, most=none) %}
history as (

    select * from {{ ref('int_ranking_history') }}

),

ranked as (

    select
        offered.cutoff_key,
        offered.user_key,
        offered.ping_key,
        row_number() over (
            partition by offered.cutoff_key, offered.user_key
            order by {{ order_by }}, offered.ping_key
        ) as source_rank
    from offered
    left join history
        on
            offered.cutoff_key = history.cutoff_key
            and offered.user_key = history.user_key
            and offered.ping_key = history.ping_key
    where history.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        '{{ source }}' as source,
        source_rank
    from ranked
    where source_rank <= {{ most or var('ranking_source_pings') }}

)
{%- endmacro %}
