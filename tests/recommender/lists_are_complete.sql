-- Every user of `users` and of the log has min(K, pings of the catalogue that are neither seen nor
-- restricted) rows.
with

users as (

    select * from {{ ref('int_users') }}

),

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

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

lengths as (

    select
        user_key,
        count(*) as list_length
    from recommendations
    group by user_key

),

short_lists as (

    select
        users.user_key,
        coalesce(lengths.list_length, 0) as list_length
    from users
    left join lengths on users.user_key = lengths.user_key
    where coalesce(lengths.list_length, 0) <> {{ var('top_k') }}

),

left_out as (

    select
        short_lists.user_key,
        pings.ping_key
    from short_lists
    inner join user_pings on short_lists.user_key = user_pings.user_key
    inner join pings on user_pings.ping_key = pings.ping_key
    union
    select
        short_lists.user_key,
        restricted_pings.ping_key
    from short_lists
    inner join user_restrictions on short_lists.user_key = user_restrictions.user_key
    inner join restricted_pings
        on user_restrictions.restriction_key = restricted_pings.restriction_key

),

counted as (

    select
        user_key,
        count(*) as n_left_out
    from left_out
    group by user_key

)

select
    short_lists.user_key,
    short_lists.list_length
from short_lists
left join counted on short_lists.user_key = counted.user_key
where short_lists.list_length <> (select count(*) from pings) - coalesce(counted.n_left_out, 0)
