with

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

orderings as (

    select * from {{ ref('int_orderings') }}

),

final as (

    select
        orderings.ordering_key,
        restricted_pings.restriction_key,
        restricted_pings.ping_key,
        orderings.rank_tier
    from restricted_pings
    inner join orderings on restricted_pings.ping_key = orderings.ping_key

)

select * from final
