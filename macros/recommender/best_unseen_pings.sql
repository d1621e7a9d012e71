{# CTEs that find, for each user, the K best pings of one ordering of the catalogue that are neither seen nor blocked, and
   possibly a few more, without looking at every pair. The last one, best_unseen, has user_key, ping_key and pings_rank.

   ranked_pings: CTE with ping_key and the rank column, 1 for the best, without gaps.
   rank_column: its name. k: list length.
   Needs the CTEs user_activity and user_pings beside it.

   The j-th best of the pings a user has seen, at rank r, has r - j unseen pings before it; while that is below K, each such
   seen ping pushes the K-th unseen one rank down. Since r < K + j, seen pings beyond rank K + (number of seen pings)
   need no look. Users with blocked pings have a depth of their own: see blocked_near_top. #}
{% macro best_unseen_pings(ranked_pings, rank_column, k) %}
{{ blocked_near_top(ranked_pings, rank_column, k) | trim }},

seen_near_top as (

    select
        user_pings.user_key,
        {{ ranked_pings }}.{{ rank_column }} as pings_rank,
        row_number() over (
            partition by user_pings.user_key order by {{ ranked_pings }}.{{ rank_column }}
        ) as seen_number
    from user_pings
    inner join {{ ranked_pings }} on user_pings.ping_key = {{ ranked_pings }}.ping_key
    inner join user_activity on user_pings.user_key = user_activity.user_key
    where {{ ranked_pings }}.{{ rank_column }} <= {{ k }} + user_activity.n_seen_pings

),

depths as (

    select
        user_activity.user_key,
        {{ k }} + count(seen_near_top.user_key) as depth
    from user_activity
    left join seen_near_top
        on
            user_activity.user_key = seen_near_top.user_key
            and seen_near_top.pings_rank - seen_near_top.seen_number < {{ k }}
    group by user_activity.user_key

),

all_depths as (

    select
        depths.user_key,
        coalesce(block_depths.depth, depths.depth) as depth
    from depths
    left join block_depths on depths.user_key = block_depths.user_key

),

near_top as (

    {{ join_ranks('all_depths', ranked_pings, rank_column, {
        ranked_pings ~ '.ping_key': 'ping_key', ranked_pings ~ '.' ~ rank_column: 'pings_rank',
    }) | trim }}

),

best_unseen as (

    select
        near_top.user_key,
        near_top.ping_key,
        near_top.pings_rank
    from near_top
    left join user_pings
        on
            near_top.user_key = user_pings.user_key
            and near_top.ping_key = user_pings.ping_key
    left join blocked_near_top
        on
            near_top.user_key = blocked_near_top.user_key
            and near_top.ping_key = blocked_near_top.ping_key
    where
        user_pings.ping_key is null
        and blocked_near_top.ping_key is null

)
{%- endmacro %}
