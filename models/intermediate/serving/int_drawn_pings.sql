-- Who is drawn, and with what probability, is known exactly: of the newest pings that the user may
-- have and that were not picked, those of a creator are first thinned to as many as creator_limit
-- leaves, by one hash, and of all that remain as many as there are places are drawn, by another.
-- What remains is as many whatever the hashes, so the probabilities of the two multiply. A user for
-- whom fewer remain than there are places gets none.
{% set places = drawn_places() | int %}
{% set limit = var('creator_limit') %}
with

offered_pings as (

    select * from {{ ref('int_offered_pings') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

users as (

    select * from {{ ref('int_users') }}

),

picks as (

    select * from {{ ref('int_reranked_picks') }}
    where picked_rank <= {{ var('top_k') | int - places }}

),

log_span as (
    {{ log_span() }}
),

moment as (

    select
        cast(cast({{ as_of() or 'newest_event_timestamp' }} as date) as {{ dbt.type_string() }})
            as draw_day
    from log_span

),

picked_creators as (

    select
        user_key,
        creator_key,
        count(*) as n_picked
    from picks
    where creator_key <> 0
    group by user_key, creator_key

),

offered as (

    select
        offered_pings.*,
        coalesce(picked_creators.n_picked, 0) as n_picked,
        {{ draw_hash('creator', 'users.user_id', 'pings.ping_id', 'moment.draw_day') }}
            as creator_hash,
        {{ draw_hash('place', 'users.user_id', 'pings.ping_id', 'moment.draw_day') }}
            as place_hash
    from offered_pings
    inner join pings on offered_pings.ping_key = pings.ping_key
    inner join users on offered_pings.user_key = users.user_key
    cross join moment
    left join picks
        on
            offered_pings.user_key = picks.user_key
            and offered_pings.ping_key = picks.ping_key
    left join picked_creators
        on
            offered_pings.user_key = picked_creators.user_key
            and offered_pings.creator_key = picked_creators.creator_key
    where picks.ping_key is null

),

{% set own_creator = 'case when creator_key = 0 then ping_key end' -%}
by_creator as (

    select
        *,
        {{ 'n_picked + 1' if limit is none else limit }} - n_picked as n_left,
        count(*) over (partition by user_key, creator_key, {{ own_creator }}) as n_of_creator,
        row_number() over (
            partition by user_key, creator_key, {{ own_creator }}
            order by creator_hash, ping_order
        ) as creator_turn
    from offered

),

remaining as (

    select
        *,
        {{ 'cast(1 as ' ~ type_double() ~ ')' if limit is none
            else safe_divide('least(n_of_creator, n_left)', 'n_of_creator') }} as kept_share,
        count(*) over (partition by user_key) as n_remaining,
        row_number() over (partition by user_key order by place_hash, ping_order) as place_number
    from by_creator
    where {{ 'true' if limit is none else 'creator_turn <= n_left' }}

),

final as (

    select
        cast(0 as integer) as cutoff_key,
        user_key,
        ping_key,
        place_number,
        kept_share * {{ safe_divide(places, 'n_remaining') }} as propensity
    from remaining
    where
        place_number <= {{ places }}
        and n_remaining >= {{ places }}

)

select * from final
