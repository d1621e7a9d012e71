-- Lift: how many times more often users of one category see the other than everyone does, pulled to
-- 1 by 200 pairs' worth.
with

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

-- of users with very many categories, the most frequent ones
baskets as (

    select
        *,
        row_number() over (
            partition by cutoff_key, user_key order by n_pings desc, category_key
        ) as basket_place
    from user_categories

),

paired as (

    select
        baskets.cutoff_key,
        baskets.category_key,
        others.category_key as neighbour_key,
        cast(sum(
            baskets.n_pings * others.n_pings
            - case when baskets.category_key = others.category_key then baskets.n_pings else 0 end
        ) as {{ type_double() }}) as n_pairs
    from baskets
    inner join baskets as others
        on
            baskets.cutoff_key = others.cutoff_key
            and baskets.user_key = others.user_key
    where
        baskets.basket_place <= {{ var('ranking_basket_size') }}
        and others.basket_place <= {{ var('ranking_basket_size') }}
    group by baskets.cutoff_key, baskets.category_key, others.category_key

),

shares as (

    select
        *,
        sum(n_pairs) over (partition by cutoff_key, category_key) as category_pairs,
        {{ safe_divide(
            'sum(n_pairs) over (partition by cutoff_key, neighbour_key)',
            'sum(n_pairs) over (partition by cutoff_key)'
        ) }} as neighbour_share
    from paired

),

lifts as (

    select
        cutoff_key,
        category_key,
        neighbour_key,
        {{ safe_divide(
            'n_pairs + 200 * neighbour_share', '(category_pairs + 200) * neighbour_share'
        ) }} as lift
    from shares
    where neighbour_share > 0

),

ranked as (

    select
        *,
        row_number() over (
            partition by cutoff_key, category_key order by lift desc, neighbour_key
        ) as neighbour_number
    from lifts

),

final as (

    select
        cutoff_key,
        category_key,
        neighbour_key,
        lift
    from ranked
    where neighbour_number <= {{ var('ranking_neighbours') }}

)

select * from final
