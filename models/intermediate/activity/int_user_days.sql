-- depends_on: {{ ref('int_interactions') }}, {{ ref('int_exposures') }}
-- depends_on: {{ ref('int_date_bounds') }}
-- Where the table is there already, only the days of users are counted that have new events.
{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('replace_rows'),
    unique_key=['user_key', 'event_date'],
    meta={'grows_with_log': true, 'variables': ['max_future_days', 'max_gap_days']},
    post_hook="{{ remember_batch() }}",
) }}

with

{% if is_incremental() -%}
changed_events as (

    {{ changed_events() | trim }}

),

changed_days as (

    select distinct
        user_key,
        cast(event_timestamp as date) as event_date
    from changed_events

),

{% endif -%}
events as (

    select
        user_key,
        cast(event_timestamp as date) as event_date
    from {{ ref('int_events') }}
    {%- if is_incremental() %}
    where (user_key, cast(event_timestamp as date)) in (select * from changed_days)
    {%- endif %}

),

counted as (

    select
        user_key,
        event_date,
        count(*) as n_events
    from events
    group by user_key, event_date

),

final as (

    select * from counted
    {%- if is_incremental() %}
    union all
    -- a day whose last event became a copy of another's is no more
    select
        changed_days.user_key,
        changed_days.event_date,
        0 as n_events
    from changed_days
    left join counted
        on
            changed_days.user_key = counted.user_key
            and changed_days.event_date = counted.event_date
    where counted.user_key is null
    {%- endif %}

)

select * from final
