-- A view: it adds the ping's length to a history, and two models read it.
{{ config(materialized='view') }}

with

history as (

    select * from {{ ref('int_ranking_history') }}
    where is_in_catalogue

),

pings as (

    select
        ping_key,
        category_key,
        creator_key,
        duration_sec,
        {{ duration_group('duration_sec') }} as duration_group,
        {{ length_group('duration_sec') }} as length_group
    from {{ ref('int_pings') }}

),

final as (

    select
        history.cutoff_key,
        history.user_key,
        history.ping_key,
        pings.category_key,
        pings.creator_key,
        pings.duration_group,
        pings.length_group,
        cast(history.positive as {{ type_double() }}) as positive,
        cast(least(history.watch_time_ratio, 1) as {{ type_double() }}) as ratio,
        cast(case
            when history.watch_time_ratio * pings.duration_sec < 3 then 1
            else 0
        end as {{ type_double() }}) as skipped,
        ln(1 + history.watch_time_ratio * pings.duration_sec) as log_watch
    from history
    inner join pings on history.ping_key = pings.ping_key

)

select * from final
