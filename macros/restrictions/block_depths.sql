{# CTEs that find how far down an ordering of the catalogue the users with blocked pings have to be followed until K pings
   are neither seen nor blocked. The last one is block_depths (user_key, depth). Arguments as in best_unseen_pings.

   Needs the CTEs of blocked_near_top before it.

   What is seen or blocked is counted by level (the blocks of ranks of rank_block), for each block of pings once, and
   added up by user: as soon as a level ends with K pings more than were counted so far, it is deep enough. A ping that is
   seen and blocked, or blocked twice, counts as two, which only makes the depth larger. #}
{% macro block_depths(ranked_pings, rank_column, k) %}
restricted_users as (

    select distinct user_key from user_blocks

),

block_counts as (

    select
        block_key,
        rank_level,
        count(*) as n_pings
    from block_levels
    group by block_key, rank_level

),

left_out as (

    select
        user_blocks.user_key,
        block_counts.rank_level,
        block_counts.n_pings
    from user_blocks
    inner join block_counts on user_blocks.block_key = block_counts.block_key
    union all
    select
        restricted_users.user_key,
        {{ rank_block(ranked_pings ~ '.' ~ rank_column) }} as rank_level,
        1 as n_pings
    from restricted_users
    inner join user_pings on restricted_users.user_key = user_pings.user_key
    inner join {{ ranked_pings }} on user_pings.ping_key = {{ ranked_pings }}.ping_key

),

-- a level with nothing left out ends a user's search too
user_levels as (

    select
        restricted_users.user_key,
        rank_levels.last_rank,
        rank_levels.last_rank - sum(coalesce(sum(left_out.n_pings), 0)) over (
            partition by restricted_users.user_key
            order by rank_levels.last_rank
            rows between unbounded preceding and current row
        ) as n_available
    from restricted_users
    cross join level_numbers
    inner join rank_levels on level_numbers.n = rank_levels.rank_level
    left join left_out
        on
            restricted_users.user_key = left_out.user_key
            and rank_levels.rank_level = left_out.rank_level
    group by restricted_users.user_key, rank_levels.last_rank

),

block_depths as (

    select
        user_key,
        coalesce(min(last_rank) filter (where n_available >= {{ k }}), max(last_rank)) as depth
    from user_levels
    group by user_key

)
{%- endmacro %}
