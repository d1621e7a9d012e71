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

offered as (

    select
        user_creators.cutoff_key,
        user_creators.user_key,
        orderings.ping_key,
        user_creators.n_events,
        orderings.base_score
    from user_creators
    inner join orderings
        on
            user_creators.cutoff_key = orderings.cutoff_key
            and user_creators.creator_key = orderings.creator_key

),

{{ source_lists('creator', 'offered.n_events desc, offered.base_score desc') | trim }}

select * from final
