{# CTEs on what the heuristic has to know of a list before it is filled. The last one is heuristic_lists: one row per list
   (cutoff_key, user_key), with
     n_pings, n_log_events   as in int_ranking_users
     list_depth              how many unseen pings of one ordering are looked at: top_k, and one more for each ping that
                             is blocked for the user, up to ranking_source_pings
   Leaves the CTEs lists, users, user_blocks and block_pings beside it. No arguments. #}
{% macro heuristic_lists() %}
lists as (

    select * from {{ ref('int_ranking_lists') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

{{ blocked_totals() | trim }},

heuristic_lists as (

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
{%- endmacro %}
