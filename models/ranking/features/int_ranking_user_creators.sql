with

history as (

    select * from {{ ref('int_ranking_history') }}

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

pings as (

    select
        ping_key,
        creator_key
    from {{ ref('int_pings') }}
    where creator_key <> 0

),

final as (

    select
        history.cutoff_key,
        history.user_key,
        pings.creator_key,
        count(*) as n_pings,
        cast(sum(history.n_events) as bigint) as n_events,
        sum(history.positive) as n_positive
    from history
    inner join lists
        on
            history.cutoff_key = lists.cutoff_key
            and history.user_key = lists.user_key
    inner join pings on history.ping_key = pings.ping_key
    group by history.cutoff_key, history.user_key, pings.creator_key

)

select * from final
