with

lists as (

    select * from {{ ref('int_ranking_lists') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

{{ blocked_totals() | trim }},

final as (

    select
        users.cutoff_key,
        users.user_key,
        users.n_pings,
        users.n_log_events,
        {{ var('top_k') }}
        + least(coalesce(blocked_totals.n_blocked, 0), {{ var('ranking_source_pings') }})
            as list_depth
    from users
    inner join lists
        on
            users.cutoff_key = lists.cutoff_key
            and users.user_key = lists.user_key
    left join blocked_totals on users.user_key = blocked_totals.user_key

)

select * from final
