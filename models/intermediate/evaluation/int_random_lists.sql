-- Each user reads the shuffled circle of the catalogue from a place of their own, as far as K
-- unseen pings that are not restricted need. Circle and places are the same in every build of a
-- cutoff, others at another.
with

starts as (

    select * from {{ ref('int_random_starts') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

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

near_pairs as (

    {{ circle_walk('starts', 'circle') | trim }}

),

near_restricted as (

    {{ restricted_pairs('near_pairs', 'user_restrictions', 'restricted_pings') | trim }}

),

near_unseen as (

    {{ available_pairs('near_pairs', 'user_pings', 'near_restricted') | trim }}

),

found as (

    select
        user_key,
        count(*) as n_found
    from near_unseen
    group by user_key

),

-- the few users for whom it was not walk the whole circle
whole_starts as (

    select
        starts.user_key,
        starts.catalogue_pings,
        starts.catalogue_pings as depth,
        starts.start_place
    from starts
    left join found on starts.user_key = found.user_key
    where
        coalesce(found.n_found, 0) < {{ var('top_k') }}
        and starts.depth < starts.catalogue_pings

),

whole_pairs as (

    {{ circle_walk('whole_starts', 'circle') | trim }}

),

whole_restricted as (

    {{ restricted_pairs('whole_pairs', 'user_restrictions', 'restricted_pings') | trim }}

),

whole_unseen as (

    {{ available_pairs('whole_pairs', 'user_pings', 'whole_restricted') | trim }}

),

unseen as (

    select near_unseen.*
    from near_unseen
    left join whole_starts on near_unseen.user_key = whole_starts.user_key
    where whole_starts.user_key is null
    union all
    select * from whole_unseen

),

ranked as (

    select
        user_key,
        ping_key,
        row_number() over (partition by user_key order by place_number) as list_rank
    from unseen

),

final as (

    select * from ranked
    where list_rank <= {{ var('top_k') }}

)

select * from final
