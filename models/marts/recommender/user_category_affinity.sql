-- Where requests are served between builds, an hourly build is about them, too.
{{ config(tags=['hourly'] if var('serving_enabled') else []) }}

with

affinities as (

    select * from {{ ref('int_user_category_affinities') }}
    where {{ is_serving_cutoff() }}

),

users as (

    select * from {{ ref('int_users') }}

),

names as (

    select distinct
        category_key,
        category
    from {{ ref('int_pings') }}
    where category_key <> 0

),

final as (

    select
        users.user_id,
        names.category,
        affinities.n_events,
        affinities.affinity
    from affinities
    inner join users on affinities.user_key = users.user_key
    inner join names on affinities.category_key = names.category_key

)

select * from final
