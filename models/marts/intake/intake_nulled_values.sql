with

users as (

    select * from {{ ref('stg_users') }}
    where outcome = 'accepted'

),

pings as (

    select * from {{ ref('stg_pings') }}
    where outcome = 'accepted'

),

interactions as (

    select * from {{ ref('int_interactions_checked') }}

),

repeated_interactions as (

    select * from {{ ref('int_repeated_interactions') }}
    where
        outcome = 'accepted'
        and copy_number > 1

),

exposures as (

    select * from {{ ref('stg_exposures') }}
    where outcome = 'accepted'

),

final as (

    select
        'users' as source_table,
        'signup_date' as column_name,
        count(*) as row_count
    from users
    where is_signup_date_nulled
    union all
    select
        'users' as source_table,
        'age' as column_name,
        count(*) as row_count
    from users
    where is_age_nulled
    union all
    select
        'pings' as source_table,
        'duration_sec' as column_name,
        count(*) as row_count
    from pings
    where is_duration_sec_nulled
    union all
    select
        'pings' as source_table,
        'created_at' as column_name,
        count(*) as row_count
    from pings
    where is_created_at_nulled
    union all
    select
        'interactions' as source_table,
        'watch_time_sec' as column_name,
        (
            select count(*) from interactions
            where is_watch_time_sec_nulled
        ) - (
            select count(*) from repeated_interactions
            where is_watch_time_sec_nulled
        ) as row_count
    {%- for name in ['dwell_time'] + exposure_counts() | list %}
    union all
    select
        'exposures' as source_table,
        '{{ name }}' as column_name,
        count(*) as row_count
    from exposures
    where is_{{ name }}_nulled
    {%- endfor %}

)

select * from final
