-- The j-th best of the pings a user has seen, at rank r, has r - j unseen pings before it; while
-- that is below K, each such seen ping pushes the K-th unseen one rank down. Since r < K + j, seen
-- pings beyond rank K + (number of seen pings) need no look.
with

users as (

    select * from {{ ref('int_cutoff_users') }}

),

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

orderings as (

    select * from {{ ref('int_orderings') }}

),

restricted_depths as (

    select * from {{ ref('int_restricted_depths') }}

),

ordering_cutoffs as (

    select distinct
        ordering_key,
        cutoff_key
    from orderings

),

seen_near_top as (

    select
        orderings.ordering_key,
        user_pings.user_key,
        orderings.ordering_rank,
        row_number() over (
            partition by orderings.ordering_key, user_pings.user_key
            order by orderings.ordering_rank
        ) as seen_number
    from user_pings
    inner join orderings
        on
            {{ same_cutoff('user_pings', 'orderings') }}
            and user_pings.ping_key = orderings.ping_key
    inner join users
        on
            {{ same_cutoff('user_pings', 'users') }}
            and user_pings.user_key = users.user_key
    where orderings.ordering_rank <= {{ search_length() }} + users.n_seen_pings

),

seen_counts as (

    select
        ordering_key,
        user_key,
        count(*) as n_seen
    from seen_near_top
    where ordering_rank - seen_number < {{ search_length() }}
    group by ordering_key, user_key

),

final as (

    select
        ordering_cutoffs.ordering_key,
        users.cutoff_key,
        users.user_key,
        coalesce(
            restricted_depths.depth, {{ search_length() }} + coalesce(seen_counts.n_seen, 0)
        ) as depth
    from users
    inner join ordering_cutoffs on users.cutoff_key = ordering_cutoffs.cutoff_key
    left join seen_counts
        on
            ordering_cutoffs.ordering_key = seen_counts.ordering_key
            and users.user_key = seen_counts.user_key
    left join restricted_depths
        on
            ordering_cutoffs.ordering_key = restricted_depths.ordering_key
            and users.user_key = restricted_depths.user_key

)

select * from final
