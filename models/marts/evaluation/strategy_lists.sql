with

recommendations as (

    select * from {{ ref('int_recommendations') }}
    {% if as_of() is none -%}
    where false
    {%- endif %}

),

lists_popular as (

    select * from {{ ref('int_lists_popular') }}

),

lists_trending as (

    select * from {{ ref('int_lists_trending') }}

),

lists_random as (

    select * from {{ ref('int_lists_random') }}

),

{% if var('ranking_enabled') -%}
lists_gbdt as (

    select * from {{ ref('int_ranking_gbdt_scores') }}
    where {{ 'false' if as_of() is none else 'list_rank <= ' ~ var('top_k') }}

),

lists_neural as (

    select * from {{ ref('int_ranking_neural_scores') }}
    where {{ 'false' if as_of() is none else 'list_rank <= ' ~ var('top_k') }}

),

{% endif -%}
users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

lists as (

    select
        'heuristic' as strategy,
        user_key,
        ping_key,
        list_rank
    from recommendations
    union all
    select
        'popular' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_popular
    union all
    select
        'trending' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_trending
    union all
    select
        'random' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_random
    {%- if var('ranking_enabled') %}
    union all
    select
        'gbdt' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_gbdt
    union all
    select
        'neural' as strategy,
        user_key,
        ping_key,
        list_rank
    from lists_neural
    {%- endif %}

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
