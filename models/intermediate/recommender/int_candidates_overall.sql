-- A ping without any affinity of the user can only be in the list if it is one of these.
with

user_activity as (

    select * from {{ ref('int_user_activity') }}

),

user_pings as (

    select
        user_key,
        ping_key
    from {{ ref('int_user_pings') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

{{ best_unseen_pings('ping_ranks', 'overall_rank', var('top_k')) | trim }},

final as (

    select
        user_key,
        ping_key
    from best_unseen

)

select * from final
