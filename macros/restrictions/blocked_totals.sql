{# CTEs that count how many pings are blocked for each user. The last one is blocked_totals (user_key, n_blocked), with the
   users that have a block only; a ping that two blocks hold counts twice. No arguments. #}
{% macro blocked_totals() %}
user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

block_sizes as (

    select
        block_key,
        count(*) as n_pings
    from block_pings
    group by block_key

),

blocked_totals as (

    select
        user_blocks.user_key,
        sum(block_sizes.n_pings) as n_blocked
    from user_blocks
    inner join block_sizes on user_blocks.block_key = block_sizes.block_key
    group by user_blocks.user_key

)
{%- endmacro %}
