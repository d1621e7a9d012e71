-- The newest pings that a user may have: those that places for new pings are drawn from. There are
-- few of them, and the same for everyone, since each is a row for every user.
with

ping_scores as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue
        and created_at is not null
        and age_days < {{ var('explore_days') }}

),

users as (

    select * from {{ ref('int_users') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

newest_pings as (

    select
        ping_key,
        ping_order,
        creator_key,
        row_number() over (order by created_at desc, ping_order) as newness
    from ping_scores

),

pairs as (

    select
        users.user_key,
        newest_pings.ping_key,
        newest_pings.ping_order,
        newest_pings.creator_key
    from users
    cross join newest_pings
    where
        newest_pings.newness <= {{ var('explore_pings') }}
        and {{ 'true' if drawn_places() | int else 'false' }}

),

restricted as (

    {{ restricted_pairs('pairs', 'user_restrictions', 'restricted_pings') | trim }}

),

final as (

    {{ available_pairs('pairs', 'user_pings', 'restricted') | trim }}

)

select * from final
