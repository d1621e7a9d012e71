with

later_interactions as (

    select * from {{ ref('int_interactions_set_aside') }}
    where
        is_after_as_of
        and reject_reason is null

),

repeated_interactions as (

    select * from {{ ref('int_repeated_interactions') }}
    where is_after_as_of

),

later_exposure_events as (

    select * from {{ ref('int_exposure_events') }}
    where is_after_as_of

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

-- pings published after the cutoff are not in the catalogue yet, but their length is needed to
-- grade a view
later_pings as (

    select * from {{ ref('stg_pings') }}
    where
        outcome = 'after_as_of'
        and ping_id is not null
        and copy_number = 1

),

unique_interactions as (

    select
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec
    from later_interactions
    where
        not exists (
            select 1 from repeated_interactions
            where later_interactions.event_hash = repeated_interactions.event_hash
        )
    union all
    select
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec
    from repeated_interactions
    where copy_number = 1
    union all
    select
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec
    from later_exposure_events

),

measured as (

    select
        unique_interactions.*,
        coalesce(
            pings.duration_sec,
            case when later_pings.duration_sec > 0 then later_pings.duration_sec end,
            {{ default_duration_sec() }}
        ) as duration_sec
    from unique_interactions
    left join pings on unique_interactions.ping_id = pings.ping_id
    left join later_pings on unique_interactions.ping_id = later_pings.ping_id
    {% if var('holdout_days') is not none and as_of() is not none -%}
    where unique_interactions.event_timestamp < {{ add_days(as_of(), var('holdout_days')) }}
    {%- endif %}

),

rated as (

    select
        *,
        {{ watch_time_ratio('event_type', 'watch_time_sec', 'duration_sec') }} as watch_time_ratio
    from measured

),

final as (

    select
        rated.user_id,
        rated.ping_id,
        rated.event_type,
        rated.event_timestamp,
        rated.watch_time_sec,
        rated.duration_sec,
        rated.watch_time_ratio,
        {{ relevance_grade(
            'rated.event_type', 'rated.watch_time_ratio', 'event_weights.relevance_grade'
        ) }}
            as relevance_grade
    from rated
    inner join event_weights on rated.event_type = event_weights.event_type

)

select * from final
