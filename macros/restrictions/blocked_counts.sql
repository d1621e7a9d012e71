{# CTEs that count how many pings of each category or creator that a user has touched are blocked for the user: its first
   ranks may all be such. The last one is blocked_counts (user_key, the key, n_blocked).

   affinities: CTE with user_key and the key. key: category_key or creator_key. Needs the CTE ping_ranks beside it. #}
{% macro blocked_counts(affinities, key) %}
user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

block_counts as (

    select
        block_pings.block_key,
        ping_ranks.{{ key }},
        count(*) as n_pings
    from block_pings
    inner join ping_ranks on block_pings.ping_key = ping_ranks.ping_key
    group by block_pings.block_key, ping_ranks.{{ key }}

),

blocked_counts as (

    select
        {{ affinities }}.user_key,
        {{ affinities }}.{{ key }},
        cast(sum(block_counts.n_pings) as bigint) as n_blocked
    from {{ affinities }}
    inner join user_blocks on {{ affinities }}.user_key = user_blocks.user_key
    inner join block_counts
        on
            user_blocks.block_key = block_counts.block_key
            and {{ affinities }}.{{ key }} = block_counts.{{ key }}
    group by {{ affinities }}.user_key, {{ affinities }}.{{ key }}

)
{%- endmacro %}
