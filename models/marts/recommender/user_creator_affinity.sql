-- Where requests are served between builds, an hourly build is about them, too.
{{ config(tags=['hourly'] if var('serving_enabled') else []) }}

{{ config(materialized='view') }}

with

affinities as (

    select * from {{ ref('int_user_creator_affinities') }}
    where {{ is_serving_cutoff() }}

),

users as (

    select * from {{ ref('int_users') }}

),

names as (

    select distinct
        creator_key,
        creator_id
    from {{ ref('int_pings') }}
    where creator_key <> 0

),

final as (

    select
        users.user_id,
        names.creator_id,
        affinities.n_events,
        affinities.affinity
    from affinities
    inner join users on affinities.user_key = users.user_key
    inner join names on affinities.creator_key = names.creator_key

)

select * from final
