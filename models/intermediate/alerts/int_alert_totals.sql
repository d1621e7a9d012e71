{%- set user_columns = ['country', 'region', 'signup_date', 'age', 'blocklist'] %}
{%- set ping_columns = [
    'category', 'creator_id', 'main_hashtag', 'created_at', 'quality_score', 'region_restriction',
] %}

with

events as (

    select
        user_key,
        ping_key,
        cast(event_timestamp as date) as event_date,
        date_trunc('second', event_timestamp) as event_second
    from {{ ref('int_events') }}
    where {{ is_known_after('event_timestamp', 'loaded_at', var('alert_arrival_hours')) }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

seconds as (

    select
        event_date,
        event_second,
        count(*) as n_events
    from events
    group by event_date, event_second

),

user_days as (

    select
        event_date,
        user_key,
        count(*) as n_events
    from events
    group by event_date, user_key

),

ping_days as (

    select
        event_date,
        ping_key,
        count(*) as n_events
    from events
    group by event_date, ping_key

),

of_seconds as (

    select
        event_date,
        max(n_events) as most_in_a_second
    from seconds
    group by event_date

),

of_users as (

    select
        user_days.event_date,
        sum(user_days.n_events) as n_events,
        count(*) as active_users,
        {% for name in user_columns -%}
        coalesce(sum(user_days.n_events) filter (where users.{{ name }} is null), 0)
            as n_without_{{ name }},
        {% endfor -%}
        max(user_days.n_events) as most_of_a_user
    from user_days
    inner join users on user_days.user_key = users.user_key
    group by user_days.event_date

),

of_pings as (

    select
        ping_days.event_date,
        {% for name in ping_columns -%}
        coalesce(sum(ping_days.n_events) filter (where pings.{{ name }} is null), 0)
            as n_without_{{ name }},
        {% endfor -%}
        coalesce(sum(ping_days.n_events) filter (where not pings.is_duration_known), 0)
            as n_without_duration_sec
    from ping_days
    inner join pings on ping_days.ping_key = pings.ping_key
    group by ping_days.event_date

),

final as (

    select
        of_users.event_date,
        cast(of_users.n_events as bigint) as n_events,
        of_users.active_users,
        {% for name in user_columns -%}
        cast(of_users.n_without_{{ name }} as bigint) as n_without_{{ name }},
        {% endfor -%}
        {% for name in ping_columns + ['duration_sec'] -%}
        cast(of_pings.n_without_{{ name }} as bigint) as n_without_{{ name }},
        {% endfor -%}
        cast(of_users.most_of_a_user as bigint) as most_of_a_user,
        of_seconds.most_in_a_second
    from of_users
    inner join of_pings on of_users.event_date = of_pings.event_date
    inner join of_seconds on of_users.event_date = of_seconds.event_date

)

select * from final
