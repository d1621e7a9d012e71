{# CTEs that find, for the users with blocked pings, how far down one ordering of the catalogue the K best unseen pings that
   are not blocked reach, and which pings on the way are blocked. The last two are block_depths (user_key, depth) and
   blocked_near_top (user_key, ping_key, a pair as often as it is blocked). Arguments as in best_unseen_pings.

   Needs the CTE user_pings beside it. #}
{% macro blocked_near_top(ranked_pings, rank_column, k) %}
user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

rank_levels as (

    select
        {{ rank_block(rank_column) }} as rank_level,
        max({{ rank_column }}) as last_rank
    from {{ ranked_pings }}
    group by {{ rank_block(rank_column) }}

),

-- rank_block of any rank is among these
level_numbers as (
    {{ number_rows(40) }}

),

block_levels as (

    select
        block_pings.block_key,
        block_pings.ping_key,
        {{ rank_block(ranked_pings ~ '.' ~ rank_column) }} as rank_level
    from block_pings
    inner join {{ ranked_pings }} on block_pings.ping_key = {{ ranked_pings }}.ping_key

),

{{ block_depths(ranked_pings, rank_column, k) | trim }},

blocked_near_top as (

    select
        block_depths.user_key,
        block_levels.ping_key
    from block_depths
    inner join level_numbers on {{ rank_block('block_depths.depth') }} >= level_numbers.n
    inner join user_blocks on block_depths.user_key = user_blocks.user_key
    inner join block_levels
        on
            user_blocks.block_key = block_levels.block_key
            and level_numbers.n = block_levels.rank_level

)
{%- endmacro %}
