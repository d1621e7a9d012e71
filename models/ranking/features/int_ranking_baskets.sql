with

history as (

    select * from {{ ref('int_ranking_history') }}
    where
        is_in_catalogue
        and (gain > 0 or active > 0 or watch_time_ratio > 0)

),

ranked as (

    select
        *,
        row_number() over (
            partition by cutoff_key, user_key order by hours_since_last, ping_key
        ) as basket_place
    from history

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
