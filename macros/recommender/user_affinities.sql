{# A query that gives the users' affinities to what their pings have in common: cutoff_key, user_key, the key of the attribute,
   n_seen_pings, n_events, affinity and affinity_part. What the user has no event on inside the affinity window has no row.

   attribute: category or creator. Each has a table of its own, as its rows are joined by a key of its own. #}
{% macro user_affinities(attribute) -%}
{% set key = attribute ~ '_key' -%}
with

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

users as (

    select * from {{ ref('int_cutoff_users') }}

),

pings as (

    select * from {{ ref('int_cutoff_pings') }}
    where {{ key }} <> 0

),

counted as (

    select
        user_pings.cutoff_key,
        user_pings.user_key,
        pings.{{ key }},
        count(*) as n_seen_pings,
        sum(user_pings.n_affinity_events) as n_events
    from user_pings
    inner join pings
        on
            {{ same_cutoff('user_pings', 'pings') }}
            and user_pings.ping_key = pings.ping_key
    group by user_pings.cutoff_key, user_pings.user_key, pings.{{ key }}

),

shares as (

    select
        counted.cutoff_key,
        counted.user_key,
        counted.{{ key }},
        counted.n_seen_pings,
        cast(counted.n_events as bigint) as n_events,
        {{ safe_divide('counted.n_events', 'users.n_affinity_events') }} as affinity
    from counted
    inner join users
        on
            {{ same_cutoff('counted', 'users') }}
            and counted.user_key = users.user_key
    where counted.n_events > 0

),

final as (

    select
        *,
        {{ var('weight_' ~ attribute) }} * affinity as affinity_part
    from shares

)

select * from final
{%- endmacro %}
