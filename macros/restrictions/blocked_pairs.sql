{# The candidates that must not be recommended: a select with user_key and ping_key (a pair as often as it is blocked).

   candidates: CTE with user_key and ping_key. Needs the CTEs user_blocks and block_pings beside it. #}
{% macro blocked_pairs(candidates) %}
    select
        {{ candidates }}.user_key,
        {{ candidates }}.ping_key
    from {{ candidates }}
    inner join user_blocks on {{ candidates }}.user_key = user_blocks.user_key
    inner join block_pings
        on
            user_blocks.block_key = block_pings.block_key
            and {{ candidates }}.ping_key = block_pings.ping_key
{% endmacro %}
