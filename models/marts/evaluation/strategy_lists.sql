{% set orderings = ['popular', 'trending'] -%}
{% set served = ['served', 'served_plain'] if var('rerank_enabled') else [] -%}
{% set trained = ['gbdt', 'neural'] if var('ranking_enabled') else [] -%}
with

lists_heuristic as (

    select * from {{ ref('int_heuristic_lists') }}
    where
        {{ is_serving_cutoff() if as_of() is not none else 'false' }}
        and list_rank <= {{ var('top_k') }}

),

{% for strategy in orderings -%}
lists_{{ strategy }} as (

    select * from {{ ref('int_ordering_lists') }}
    where strategy = '{{ strategy }}'

),

{% endfor -%}
lists_random as (

    select * from {{ ref('int_random_lists') }}

),

{% for strategy in served -%}
lists_{{ strategy }} as (

    select * from {{ ref(
        'int_served_recommendations' if strategy == 'served' else 'int_strategy_recommendations'
    ) }}
    where {{ 'false' if as_of() is none else 'list_rank <= ' ~ var('top_k') }}

),

{% endfor -%}
{% for strategy in trained -%}
lists_{{ strategy }} as (

    select * from {{ ref('int_ranking_' ~ strategy ~ '_scores') }}
    where {{ 'false' if as_of() is none else 'list_rank <= ' ~ var('top_k') }}

),

{% endfor -%}
users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

lists as (
    {% for strategy in ['heuristic'] + orderings + ['random'] + trained + served %}
    select
        '{{ strategy }}' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_{{ strategy }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        lists.strategy,
        users.user_id,
        pings.ping_id,
        cast(lists.list_rank as bigint) as rank
    from lists
    inner join users on lists.user_key = users.user_key
    inner join pings on lists.ping_key = pings.ping_key

)

select * from final
