with

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

neighbours as (

    select * from {{ ref('int_ranking_category_neighbours') }}

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

shares as (

    select
        user_categories.cutoff_key,
        user_categories.user_key,
        user_categories.category_key,
        {{ safe_divide(
            'user_categories.n_pings',
            'sum(user_categories.n_pings) over ('
            ~ 'partition by user_categories.cutoff_key, user_categories.user_key)'
        ) }} as category_share
    from user_categories
    inner join lists
        on
            user_categories.cutoff_key = lists.cutoff_key
            and user_categories.user_key = lists.user_key

),

final as (

    select
        shares.cutoff_key,
        shares.user_key,
        neighbours.neighbour_key as category_key,
        {{ exact_sum('shares.category_share * neighbours.lift') }} as expected_lift
    from shares
    inner join neighbours
        on
            shares.cutoff_key = neighbours.cutoff_key
            and shares.category_key = neighbours.category_key
    group by shares.cutoff_key, shares.user_key, neighbours.neighbour_key

)

select * from final
