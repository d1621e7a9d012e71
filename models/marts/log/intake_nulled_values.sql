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

    select * from {{ ref('int_interactions_keyed') }}

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

    {%- for name in ['signup_date', 'age', 'blocklist'] %}
    select
        'users' as source_table,
        '{{ name }}' as column_name,
        count(*) as row_count
    from users
    where is_{{ name }}_nulled
    union all
    {%- endfor %}
    {%- for name in ['duration_sec', 'created_at', 'quality_score', 'region_restriction'] %}
    select
        'pings' as source_table,
        '{{ name }}' as column_name,
        count(*) as row_count
    from pings
    where is_{{ name }}_nulled
    union all
    {%- endfor %}
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
