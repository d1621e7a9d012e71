-- Each user reads the shuffled circle of the catalogue from a place of their own, as far as K
-- unseen pings that are not blocked need. Circle and places are the same in every build of a
-- cutoff, others at another.
with

user_activity as (

    select * from {{ ref('int_user_activity') }}
    {% if as_of() is none -%}
    where false
    {%- endif %}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

ping_orderings as (

    select * from {{ ref('int_ping_orderings') }}

),

user_blocks as (

    select * from {{ ref('int_user_blocks') }}

),

block_pings as (

    select * from {{ ref('int_block_pings') }}

),

blocked as (

    select
        user_blocks.user_key,
        block_pings.ping_key
    from user_blocks
    inner join block_pings on user_blocks.block_key = block_pings.block_key

),

blocked_counts as (

    select
        user_key,
        count(*) as n_blocked
    from blocked
    group by user_key

),

catalogue as (

    select count(*) as catalogue_pings from ping_orderings

),

starts as (

    select
        user_activity.user_key,
        catalogue.catalogue_pings,
        least(
            {{ var('top_k') }}
            + user_activity.n_seen_pings
            + coalesce(blocked_counts.n_blocked, 0),
            catalogue.catalogue_pings
        ) as depth,
        cast(
            {{ row_hash(['user_activity.user_key', as_of() or "''"]) }} % catalogue.catalogue_pings
            as bigint
        ) as start_place
    from user_activity
    left join blocked_counts on user_activity.user_key = blocked_counts.user_key
    cross join catalogue
    where catalogue.catalogue_pings > 0

),

places as (

    select
        starts.user_key,
        ping_orderings.random_rank as place_number,
        1 + (starts.start_place + ping_orderings.random_rank) % starts.catalogue_pings
            as random_rank
    from starts
    inner join ping_orderings on starts.depth >= ping_orderings.random_rank

),

unseen as (

    select
        places.user_key,
        ping_orderings.ping_key,
        row_number() over (partition by places.user_key order by places.place_number) as list_rank
    from places
    inner join ping_orderings on places.random_rank = ping_orderings.random_rank
    left join user_pings
        on
            places.user_key = user_pings.user_key
            and ping_orderings.ping_key = user_pings.ping_key
    left join blocked
        on
            places.user_key = blocked.user_key
            and ping_orderings.ping_key = blocked.ping_key
    where
        user_pings.ping_key is null
        and blocked.ping_key is null

),

final as (

    select
        user_key,
        ping_key,
        list_rank
    from unseen
    where list_rank <= {{ var('top_k') }}

)

select * from final
