-- Pings engaged by the same users. A pair counts less the longer ago its older half was, and the
-- more pings its user engaged; popular pings are everybody's neighbours, so each side is divided by
-- the root of its users.
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

paired as (

    select
        baskets.cutoff_key,
        baskets.ping_key,
        others.ping_key as neighbour_key,
        {{ exact_sum(
            'exp(-greatest(baskets.hours_since_last, others.hours_since_last)'
            ~ ' / windows.covisitation_hours) / baskets.basket_size'
        ) }} as weight
    from baskets
    inner join baskets as others
        on
            baskets.cutoff_key = others.cutoff_key
            and baskets.user_key = others.user_key
    cross join windows
    where baskets.ping_key <> others.ping_key
    group by baskets.cutoff_key, baskets.ping_key, others.ping_key

),

compared as (

    select
        paired.cutoff_key,
        paired.ping_key,
        paired.neighbour_key,
        paired.weight
        / sqrt((sizes.n_users + 10.0) * (neighbour_sizes.n_users + 10.0)) as similarity
    from paired
    inner join sizes
        on
            paired.cutoff_key = sizes.cutoff_key
            and paired.ping_key = sizes.ping_key
    inner join sizes as neighbour_sizes
        on
            paired.cutoff_key = neighbour_sizes.cutoff_key
            and paired.neighbour_key = neighbour_sizes.ping_key

),

ranked as (

    select
        compared.*,
        row_number() over (
            partition by compared.cutoff_key, compared.ping_key
            order by compared.similarity desc, pings.ping_order
        ) as neighbour_number
    from compared
    inner join pings on compared.neighbour_key = pings.ping_key

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
