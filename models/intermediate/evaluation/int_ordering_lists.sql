with

best_unseen_pings as (

    select * from {{ ref('int_best_unseen_pings') }}
    where ordering <> 'base'

),

ranked as (

    select
        ordering as strategy,
        user_key,
        ping_key,
        row_number() over (
            partition by ordering, user_key order by ordering_rank
        ) as list_rank
    from best_unseen_pings

),

final as (

    select * from ranked
    where list_rank <= {{ var('top_k') }}

)

select * from final
