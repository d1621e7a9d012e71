-- names are compared without case
{{ config(materialized='view') }}

with

users as (

    select * from {{ ref('int_users') }}

),

named_regions as (

    select distinct region from {{ ref('int_ping_regions') }}

),

final as (

    select
        users.user_key,
        coalesce(named_regions.region, '') as region
    from users
    left join named_regions on lower(users.region) = named_regions.region

)

select * from final
