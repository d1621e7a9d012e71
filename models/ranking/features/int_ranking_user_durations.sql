with

history as (

    select * from {{ ref('int_ranking_history') }}
    where is_in_catalogue

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

pings as (

    select
        ping_key,
        {{ duration_group('duration_sec') }} as duration_group
    from {{ ref('int_pings') }}

),

final as (

    select
        history.cutoff_key,
        history.user_key,
        pings.duration_group,
        count(*) as n_pings,
        sum(history.positive) as n_positive
    from history
    inner join lists
        on
            history.cutoff_key = lists.cutoff_key
            and history.user_key = lists.user_key
    inner join pings on history.ping_key = pings.ping_key
    group by history.cutoff_key, history.user_key, pings.duration_group

)

select * from final
