{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('append'),
    meta={'grows_with_log': true, 'is_log': true},
    partition_by=partitioned_by_date(),
    pre_hook=["{{ check_batch_is_read('interactions') }}", "{{ forget_reread_rows('interactions') }}"],
    post_hook=["{{ mark_copies('interactions') }}", "{{ remember_batch('interactions') }}"],
) }}

with

interactions as (

    select * from {{ ref('stg_interactions') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

ping_keys as (

    select * from {{ ref('int_ping_keys') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

-- there are few spellings: each is looked up once, and not on every row
spellings as (

    select distinct event_type from {{ ref('stg_interactions') }}

),

spelled_types as (

    select
        spellings.event_type,
        event_weights.event_type_key,
        spellings.event_type = event_weights.event_type as is_spelled_alike
    from spellings
    inner join event_weights
        on
            {{ plain_event_type('spellings.event_type') }}
            = {{ plain_event_type('event_weights.event_type') }}

),

keyed as (

    select
        interactions.*,
        user_keys.user_key,
        ping_keys.ping_key,
        spelled_types.event_type_key,
        spelled_types.is_spelled_alike
    from interactions
    left join user_keys on interactions.user_id = user_keys.user_id
    left join ping_keys on interactions.ping_id = ping_keys.ping_id
    left join spelled_types on interactions.event_type = spelled_types.event_type

),

checked as (

    select
        *,
        case
            when {{ is_after_known_as_of('loaded_at') }} then 'not known yet'
            else {{ first_broken_rule(interaction_rules()) }}
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
        {{ copy_number_at_once('interactions') }} as copy_number
    from checked

),

final as (

    select
        file_number,
        cast({{ batch_number() }} as integer) as changed_in_batch,
        event_id,
        user_key,
        ping_key,
        event_type_key,
        event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('event_timestamp') }},
        {%- endif %}
        watch_time_sec,
        is_watch_time_sec_nulled,
        loaded_at,
        coalesce(
            outcome, {{ intake_outcome('false', 'own_reject_reason', 'copy_number') }}
        ) as outcome,
        {{ intake_reject_reason('false', 'own_reject_reason', 'copy_number') }} as reject_reason,
        case
            -- of a good row, the text is made of the type's name in event_weights
            when own_reject_reason is not null or not is_spelled_alike
                then {{ row_text_of_values() }}
            else raw_row
        end as raw_row
    from numbered

)

select * from final
