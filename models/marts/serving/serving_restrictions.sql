{{ config(tags=['hourly']) }}

with

ping_regions as (

    select * from {{ ref('int_ping_regions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}
    where restriction_type = 'entry'

),

pings as (

    select * from {{ ref('int_pings') }}

),

restrictions as (

    select distinct
        ping_key,
        'region' as restriction_type,
        region as restriction_value
    from ping_regions
    union all
    select
        ping_key,
        restriction_type,
        restriction_value
    from restricted_pings

),

final as (

    select
        pings.ping_id,
        restrictions.restriction_type,
        restrictions.restriction_value
    from restrictions
    inner join pings on restrictions.ping_key = pings.ping_key

)

select * from final
