-- A ping without any affinity of the user can only be in the list if it is one of these.
with

best_unseen_pings as (

    select * from {{ ref('int_best_unseen_pings') }}
    where ordering = 'base'

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

final as (

    {{ scored_pairs(
        'best_unseen_pings', 'ping_ranks', 'user_categories', 'creator_affinities'
    ) | trim }}

)

select * from final
