-- names are compared without case
with

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

split as (

    {{ split_items('pings', 'ping_key', 'lower(region_restriction)') | trim }}

),

final as (

    select
        ping_key,
        item as region
    from split

)

select * from final
