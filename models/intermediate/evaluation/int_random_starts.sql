with

users as (

    select * from {{ ref('int_user_activity') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

circle as (

    select * from {{ ref('int_random_circle') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

catalogue as (

    select count(*) as catalogue_pings from circle

),

restriction_sizes as (

    select
        restriction_key,
        count(*) as n_pings
    from restricted_pings
    group by restriction_key

),

restricted_users as (

    select
        user_restrictions.user_key,
        sum(restriction_sizes.n_pings) as n_restricted
    from user_restrictions
    inner join restriction_sizes
        on user_restrictions.restriction_key = restriction_sizes.restriction_key
    group by user_restrictions.user_key

),

-- where restricted pings lie thick on the circle, twice the usual length is nearly always enough
final as (

    select
        users.user_key,
        catalogue.catalogue_pings,
        least(
            ({{ var('top_k') }} + users.n_seen_pings)
            * case
                when restricted_users.n_restricted is null then 1
                else 2 * ceil({{ safe_divide(
                    'catalogue.catalogue_pings',
                    'greatest(catalogue.catalogue_pings - restricted_users.n_restricted, 1)'
                ) }})
            end,
            catalogue.catalogue_pings
        ) as depth,
        cast({{ shuffle_hash(['user_keys.user_id']) }} % catalogue.catalogue_pings as bigint)
            as start_place
    from users
    inner join user_keys on users.user_key = user_keys.user_key
    left join restricted_users on users.user_key = restricted_users.user_key
    cross join catalogue
    where catalogue.catalogue_pings > 0

)

select * from final
