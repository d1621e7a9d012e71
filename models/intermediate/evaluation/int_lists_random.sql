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

{{ blocked_totals() | trim }},

catalogue as (

    select count(*) as catalogue_pings from ping_orderings

),

-- where blocked pings lie thick on the circle, twice the usual length is nearly always enough
starts as (

    select
        user_activity.user_key,
        catalogue.catalogue_pings,
        blocked_totals.user_key is not null as is_restricted,
        least(
            ({{ var('top_k') }} + user_activity.n_seen_pings)
            * case
                when blocked_totals.n_blocked is null then 1
                else 2 * ceil({{ safe_divide(
                    'catalogue.catalogue_pings',
                    'greatest(catalogue.catalogue_pings - blocked_totals.n_blocked, 1)'
                ) }})
            end,
            catalogue.catalogue_pings
        ) as depth,
        cast({{ shuffle_hash('user_activity.user_key') }} % catalogue.catalogue_pings as bigint)
            as start_place
    from user_activity
    left join blocked_totals on user_activity.user_key = blocked_totals.user_key
    cross join catalogue
    where catalogue.catalogue_pings > 0

),

free_starts as (

    select * from starts
    where not is_restricted

),

restricted_starts as (

    select * from starts
    where is_restricted

),

{{ circle_walk('free', 'free_starts', with_blocks=false) | trim }},

{{ circle_walk('restricted', 'restricted_starts', with_blocks=true) | trim }},

found as (

    select
        user_key,
        count(*) as n_found
    from restricted_unseen
    group by user_key

),

-- the few users for whom it was not walk the whole circle
whole_starts as (

    select
        restricted_starts.user_key,
        restricted_starts.catalogue_pings,
        restricted_starts.catalogue_pings as depth,
        restricted_starts.start_place
    from restricted_starts
    left join found on restricted_starts.user_key = found.user_key
    where
        coalesce(found.n_found, 0) < {{ var('top_k') }}
        and restricted_starts.depth < restricted_starts.catalogue_pings

),

{{ circle_walk('whole', 'whole_starts', with_blocks=true) | trim }},

unseen as (

    select * from free_unseen
    union all
    select restricted_unseen.*
    from restricted_unseen
    left join whole_starts on restricted_unseen.user_key = whole_starts.user_key
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
