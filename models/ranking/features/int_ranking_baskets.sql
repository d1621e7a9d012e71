with

history as (

    select * from {{ ref('int_ranking_history') }}
    where
        is_in_catalogue
        and (gain > 0 or active > 0 or watch_time_ratio > 0)

),

pings as (

    select * from {{ ref('int_pings') }}

),

ranked as (

    select
        history.*,
        row_number() over (
            partition by history.cutoff_key, history.user_key
            order by history.hours_since_last, pings.ping_order
        ) as basket_place
    from history
    inner join pings on history.ping_key = pings.ping_key

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        hours_since_last,
        count(*) over (partition by cutoff_key, user_key) as basket_size
    from ranked
    where basket_place <= {{ var('ranking_basket_size') }}

)

select * from final
