with

holdout_interactions as (

    select * from {{ ref('holdout_interactions') }}
    where relevance_grade > 0

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

graded as (

    select
        user_id,
        ping_id,
        max(relevance_grade) as relevance
    from holdout_interactions
    group by user_id, ping_id

),

final as (

    select
        graded.user_id,
        graded.ping_id,
        graded.relevance,
        user_pings.user_key is not null as is_seen_before,
        coalesce(pings.is_in_catalogue, false) as is_in_catalogue,
        users.user_key is not null as has_list
    from graded
    left join users on graded.user_id = users.user_id
    left join pings on graded.ping_id = pings.ping_id
    left join user_pings
        on
            users.user_key = user_pings.user_key
            and pings.ping_key = user_pings.ping_key

)

select * from final
