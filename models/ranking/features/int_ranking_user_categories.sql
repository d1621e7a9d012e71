with

history as (

    select * from {{ ref('int_ranking_history') }}

),

pings as (

    select
        ping_key,
        category_key
    from {{ ref('int_pings') }}
    where category_key <> 0

),

final as (

    select
        history.cutoff_key,
        history.user_key,
        pings.category_key,
        count(*) as n_pings,
        cast(sum(history.n_events) as bigint) as n_events,
        sum(history.positive) as n_positive
    from history
    inner join pings on history.ping_key = pings.ping_key
    group by history.cutoff_key, history.user_key, pings.category_key

)

select * from final
