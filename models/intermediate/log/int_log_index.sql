-- What must be known of the whole log before its events are written. Each column of ids is read
-- alone, without a look at what else is in the row: an id that only rejected rows name gets a key
-- that no event has. One import for all three readings would be kept in memory, with all columns.
with

named_users as (

    select user_id from {{ ref('stg_interactions') }}
    where not is_after_as_of

),

named_pings as (

    select ping_id from {{ ref('stg_interactions') }}
    where not is_after_as_of

),

interactions as (

    select * from {{ ref('stg_interactions') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

exposures as (

    select * from {{ ref('stg_exposures') }}
    where outcome = 'accepted'

),

user_ids as (

    select user_id from named_users
    union
    select user_id from exposures

),

ping_ids as (

    select ping_id from named_pings
    union
    select ping_id from exposures

),

looked_up as (

    select
        interactions.*,
        event_weights.event_type is not null as is_known_event_type
    from interactions
    left join event_weights on interactions.event_type = event_weights.event_type

),

hashed as (

    select
        event_hash,
        is_accepted_if_known
        {%- for condition, _, kind in interaction_rules() if kind == 'names' %}
        and {{ condition }}
        {%- endfor %} as is_accepted
    from looked_up

),

event_hashes as (

    {{ hashes_to_set_aside('hashed') | trim }}

),

final as (

    select
        cast(null as {{ dbt.type_string() }}) as user_id,
        cast(null as {{ dbt.type_string() }}) as ping_id,
        event_hash
    from event_hashes
    union all
    select
        user_id,
        null as ping_id,
        null as event_hash
    from user_ids
    where user_id is not null
    union all
    select
        null as user_id,
        ping_id,
        null as event_hash
    from ping_ids
    where ping_id is not null

)

select * from final
