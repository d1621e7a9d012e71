with

baskets as (

    select * from {{ ref('int_ranking_baskets') }}

),

neighbours as (

    select * from {{ ref('int_ranking_neighbours') }}

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

final as (

    select
        baskets.cutoff_key,
        baskets.user_key,
        neighbours.neighbour_key as ping_key,
        {{ exact_small_sum('neighbours.similarity') }} as covisitation
    from baskets
    inner join lists
        on
            baskets.cutoff_key = lists.cutoff_key
            and baskets.user_key = lists.user_key
    inner join neighbours
        on
            baskets.cutoff_key = neighbours.cutoff_key
            and baskets.ping_key = neighbours.ping_key
    group by baskets.cutoff_key, baskets.user_key, neighbours.neighbour_key

)

select * from final
