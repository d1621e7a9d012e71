-- depends_on: {{ ref('int_interactions') }}, {{ ref('int_exposures') }}
-- depends_on: {{ ref('int_date_bounds') }}
-- Where the table is there already, the sessions of a user are found anew from the first one on
-- that a new event may belong to.
{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('replace_rows'),
    unique_key=['user_key'],
    meta={
        'grows_with_log': true,
        'variables': ['session_timeout_minutes', 'max_future_days', 'max_gap_days'],
        'from_column': 'session_number',
    },
    post_hook="{{ remember_batch() }}",
) }}

with

{% if is_incremental() -%}
changed_events as (

    {{ changed_events() | trim }}

),

first_changes as (

    select
        user_key,
        min(event_timestamp) as event_timestamp
    from changed_events
    group by user_key

),

-- which of a user's sessions ended too early to have to do with a change
compared as (

    select
        first_changes.user_key,
        old_sessions.session_number,
        old_sessions.ended_at,
        {{ elapsed_seconds('old_sessions.ended_at', 'first_changes.event_timestamp') }}
        > {{ var('session_timeout_minutes') }} * 60 as is_before
    from first_changes
    left join {{ this }} as old_sessions on first_changes.user_key = old_sessions.user_key

),

changed_users as (

    select
        user_key,
        coalesce(max(session_number) filter (where is_before), 0) as sessions_before,
        max(ended_at) filter (where is_before) as last_ended_at
    from compared
    group by user_key

),

events as (

    select
        events.user_key,
        events.ping_key,
        events.event_timestamp,
        changed_users.sessions_before
    from {{ ref('int_events') }} as events
    inner join changed_users on events.user_key = changed_users.user_key
    where
        changed_users.last_ended_at is null
        or events.event_timestamp > changed_users.last_ended_at

),

{% else -%}
events as (

    select
        user_key,
        ping_key,
        event_timestamp,
        0 as sessions_before
    from {{ ref('int_events') }}

),

{% endif -%}
gaps as (

    select
        *,
        lag(event_timestamp) over (
            partition by user_key order by event_timestamp
        ) as previous_timestamp
    from events

),

-- by range, not by rows: events of one moment are in no order, and all of one session
numbered as (

    select
        user_key,
        ping_key,
        event_timestamp,
        sessions_before + 1 + sum(case
            when
                {{ elapsed_seconds('previous_timestamp', 'event_timestamp') }}
                > {{ var('session_timeout_minutes') }} * 60
                then 1
            else 0
        end) over (
            partition by user_key
            order by event_timestamp
            range between unbounded preceding and current row
        ) as session_number
    from gaps

),

final as (

    select
        user_key,
        cast(session_number as integer) as session_number,
        min(event_timestamp) as started_at,
        max(event_timestamp) as ended_at,
        count(*) as n_events,
        count(distinct ping_key) as n_pings
    from numbered
    group by user_key, session_number
    {%- if is_incremental() %}
    union all
    -- a user whose last events became copies of others' has no such session any more
    select
        user_key,
        cast(sessions_before + 1 as integer) as session_number,
        null as started_at,
        null as ended_at,
        0 as n_events,
        0 as n_pings
    from changed_users
    {%- endif %}

)

select * from final
