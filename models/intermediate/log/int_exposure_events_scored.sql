{{ config(partition_by=partitioned_by_date()) }}

with

exposure_events as (

    select * from {{ ref('int_exposure_events') }}
    where not is_after_as_of

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

measured as (

    select
        user_keys.user_key,
        pings.ping_key,
        event_weights.event_type_key,
        exposure_events.event_timestamp,
        exposure_events.watch_time_sec,
        {{ watch_time_ratio(
            'exposure_events.event_type', 'exposure_events.watch_time_sec', 'pings.duration_sec'
        ) }} as watch_time_ratio,
        event_weights.weight,
        event_weights.weight_basis
    from exposure_events
    inner join user_keys on exposure_events.user_id = user_keys.user_id
    inner join pings on exposure_events.ping_id = pings.ping_id
    inner join event_weights on exposure_events.event_type = event_weights.event_type

),

final as (

    select
        cast(null as {{ dbt.type_string() }}) as event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        watch_time_sec,
        watch_time_ratio,
        {{ event_score('weight', 'weight_basis', 'watch_time_ratio') }} as event_score
    from measured

)

select * from final
