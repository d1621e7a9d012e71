-- For each user the K best unseen pings by base score, and possibly more. The j-th best of the pings a user has seen, at
-- rank r, has r - j unseen pings before it; while that is below K, each such seen ping pushes the K-th unseen one rank
-- down. Since r < K + j, seen pings beyond rank K + (number of seen pings) need no look.
with

user_activity as (

    select * from {{ ref('int_user_activity') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

seen_near_top as (

    select
        user_pings.user_key,
        ping_ranks.overall_rank,
        row_number() over (partition by user_pings.user_key order by ping_ranks.overall_rank) as seen_number
    from user_pings
    inner join ping_ranks on user_pings.ping_key = ping_ranks.ping_key
    inner join user_activity on user_pings.user_key = user_activity.user_key
    where ping_ranks.overall_rank <= {{ var('top_k') }} + user_activity.n_seen_pings

),

depths as (

    select
        user_activity.user_key,
        {{ var('top_k') }} + count(seen_near_top.user_key) as depth
    from user_activity
    left join seen_near_top
        on
            user_activity.user_key = seen_near_top.user_key
            and seen_near_top.overall_rank - seen_near_top.seen_number < {{ var('top_k') }}
    group by user_activity.user_key

),

near_top as (

    select
        depths.user_key,
        ping_ranks.ping_key
    from depths
    inner join ping_ranks on depths.depth >= ping_ranks.overall_rank

),

final as (

    select
        near_top.user_key,
        near_top.ping_key
    from near_top
    left join user_pings
        on
            near_top.user_key = user_pings.user_key
            and near_top.ping_key = user_pings.ping_key
    where user_pings.ping_key is null

)

select * from final
