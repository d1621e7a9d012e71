-- Pings engaged by the same users. A pair counts less the longer ago its older half was, and the
-- more pings its user engaged; popular pings are everybody's neighbours, so each side is divided by
-- the root of its users. Both directions of a pair are alike: it is added up once.
with

baskets as (

    select * from {{ ref('int_ranking_baskets') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

windows as (

    select * from {{ ref('int_ranking_windows') }}

),

sizes as (

    select
        cutoff_key,
        ping_key,
        count(*) as n_users
    from baskets
    group by cutoff_key, ping_key

),

-- of two pings of a basket, the older one has the smaller weight
weighted as (

    select
        baskets.cutoff_key,
        baskets.user_key,
        baskets.ping_key,
        exp(-baskets.hours_since_last / windows.covisitation_hours) / baskets.basket_size as weight
    from baskets
    cross join windows

),

paired as (

    select
        weighted.cutoff_key,
        weighted.ping_key as first_key,
        others.ping_key as second_key,
        {{ exact_small_sum('least(weighted.weight, others.weight)') }} as weight
    from weighted
    inner join weighted as others
        on
            weighted.cutoff_key = others.cutoff_key
            and weighted.user_key = others.user_key
            and weighted.ping_key < others.ping_key
    group by weighted.cutoff_key, weighted.ping_key, others.ping_key

),

compared as (

    select
        paired.cutoff_key,
        paired.first_key,
        paired.second_key,
        paired.weight
        / sqrt((sizes.n_users + 10.0) * (neighbour_sizes.n_users + 10.0)) as similarity
    from paired
    inner join sizes
        on
            paired.cutoff_key = sizes.cutoff_key
            and paired.first_key = sizes.ping_key
    inner join sizes as neighbour_sizes
        on
            paired.cutoff_key = neighbour_sizes.cutoff_key
            and paired.second_key = neighbour_sizes.ping_key

),

directed as (

    select
        cutoff_key,
        first_key as ping_key,
        second_key as neighbour_key,
        similarity
    from compared
    union all
    select
        cutoff_key,
        second_key as ping_key,
        first_key as neighbour_key,
        similarity
    from compared

),

ranked as (

    select
        directed.*,
        row_number() over (
            partition by directed.cutoff_key, directed.ping_key
            order by directed.similarity desc, pings.ping_order
        ) as neighbour_number
    from directed
    inner join pings on directed.neighbour_key = pings.ping_key

),

final as (

    select
        cutoff_key,
        ping_key,
        neighbour_key,
        neighbour_number,
        similarity
    from ranked
    where neighbour_number <= {{ var('ranking_neighbours') }}

)

select * from final
