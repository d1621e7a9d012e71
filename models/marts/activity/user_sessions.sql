{{ config(materialized='view') }}

with

sessions as (

    select * from {{ ref('int_user_sessions') }}

),

users as (

    select * from {{ ref('int_users') }}

),

final as (

    select
        users.user_id,
        cast(sessions.session_number as bigint) as session_number,
        sessions.started_at,
        sessions.ended_at,
        {{ elapsed_seconds('sessions.started_at', 'sessions.ended_at') }} as duration_sec,
        sessions.n_events,
        sessions.n_pings
    from sessions
    inner join users on sessions.user_key = users.user_key

)

select * from final
