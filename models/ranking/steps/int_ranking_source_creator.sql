with

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where
        creator_key <> 0
        and creator_base_rank <= {{ var('ranking_source_pings') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

ranked as (

    select
        user_creators.cutoff_key,
        user_creators.user_key,
        orderings.ping_key,
        row_number() over (
            partition by user_creators.cutoff_key, user_creators.user_key
            order by user_creators.n_events desc, orderings.base_score desc, orderings.ping_key
        ) as source_rank
    from user_creators
    inner join orderings
        on
            user_creators.cutoff_key = orderings.cutoff_key
            and user_creators.creator_key = orderings.creator_key
    left join history
        on
            user_creators.cutoff_key = history.cutoff_key
            and user_creators.user_key = history.user_key
            and orderings.ping_key = history.ping_key
    where history.ping_key is null

),

final as (

    select
        cutoff_key,
        user_key,
        ping_key,
        'creator' as source,
        source_rank
    from ranked
    where source_rank <= {{ var('ranking_source_pings') }}

)

select * from final
