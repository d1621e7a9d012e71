-- Every user of `users` and of the log has min(K, unseen pings of the catalogue) rows.
with

users as (

    select * from {{ ref('int_users') }}

),

recommendations as (

    select * from {{ served_recommendations() }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

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

seen as (

    select
        short_lists.user_key,
        count(*) as n_seen_pings
    from short_lists
    inner join user_pings on short_lists.user_key = user_pings.user_key
    inner join pings on user_pings.ping_key = pings.ping_key
    group by short_lists.user_key

)

select
    short_lists.user_key,
    short_lists.list_length
from short_lists
left join seen on short_lists.user_key = seen.user_key
where short_lists.list_length <> (select count(*) from pings) - coalesce(seen.n_seen_pings, 0)
