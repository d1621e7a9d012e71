{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('append'),
    meta={'grows_with_log': true, 'is_log': true},
    partition_by=partitioned_by_date(),
    pre_hook=["{{ check_batch_is_read('exposures') }}", "{{ forget_reread_rows('exposures') }}"],
    post_hook=["{{ mark_copies('exposures') }}", "{{ remember_batch('exposures') }}"],
) }}

with

exposures as (

    select * from {{ ref('stg_exposures') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

ping_keys as (

    select * from {{ ref('int_ping_keys') }}

),

keyed as (

    select
        exposures.*,
        user_keys.user_key,
        ping_keys.ping_key
    from exposures
    left join user_keys on exposures.user_id = user_keys.user_id
    left join ping_keys on exposures.ping_id = ping_keys.ping_id

),

checked as (

    select
        *,
        case
            when {{ is_after_known_as_of('loaded_at') }} then 'not known yet'
            else {{ first_broken_rule(exposure_rules()) }}
        end as own_reject_reason,
        case
            when {{ is_after_known_as_of('loaded_at') }} then 'after_known_as_of'
            when {{ is_after_as_of('event_timestamp') }} then 'after_as_of'
        end as outcome
    from keyed

),

numbered as (

    select
        *,
        {{ copy_number_at_once('exposures') }} as copy_number
    from checked

),

final as (

    select
        file_number,
        cast({{ batch_number() }} as integer) as changed_in_batch,
        user_key,
        ping_key,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        dwell_time,
        is_dwell_time_nulled,
        {%- for name in exposure_counts() %}
        {{ name }}_count,
        is_{{ name }}_nulled,
        {%- endfor %}
        loaded_at,
        coalesce(
            outcome, {{ intake_outcome('false', 'own_reject_reason', 'copy_number') }}
        ) as outcome,
        {{ intake_reject_reason('false', 'own_reject_reason', 'copy_number') }} as reject_reason,
        raw_row
    from numbered

)

select * from final
