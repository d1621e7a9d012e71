with

later_interactions as (

    select * from {{ ref('int_interactions') }}
    where
        outcome = 'after_as_of'
        and reject_reason is null

),

later_exposure_events as (

    select * from {{ ref('int_exposure_events') }}
    where is_after_as_of

),

date_bound as (
    {{ date_bound('event_timestamp of the holdout') }}
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

later_events as (
    {% for part in ['later_interactions', 'later_exposure_events'] %}
    select
        {{ part }}.user_key,
        {{ part }}.ping_key,
        {{ part }}.event_type_key,
        {{ part }}.event_timestamp,
        {{ part }}.watch_time_sec
    from {{ part }}
    cross join date_bound
    where not {{ is_of_the_future(part ~ '.event_timestamp') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

taken_back as (

    select
        later_events.user_key,
        later_events.ping_key,
        taken_types.event_type_key,
        max(later_events.event_timestamp) as last_taken_back_at
    from later_events
    inner join event_weights on later_events.event_type_key = event_weights.event_type_key
    inner join event_weights as taken_types
        on
            {{ plain_event_type('event_weights.takes_back') }}
            = {{ plain_event_type('taken_types.event_type') }}
    {% if var('holdout_days') is not none and as_of() is not none -%}
    where later_events.event_timestamp < {{ add_days(as_of(), var('holdout_days')) }}
    {%- endif %}
    group by later_events.user_key, later_events.ping_key, taken_types.event_type_key

),

measured as (

    select
        user_keys.user_id,
        ping_keys.ping_id,
        event_weights.event_type,
        {{ is_event_type('event_weights', 'view') }} as is_view,
        -- what is taken back in the holdout is not relevant in it
        case
            when taken_back.last_taken_back_at >= later_events.event_timestamp then 0
            else event_weights.relevance_grade
        end as type_grade,
        later_events.event_timestamp,
        later_events.watch_time_sec,
        coalesce(
            pings.duration_sec,
            case when later_pings.duration_sec > 0 then later_pings.duration_sec end,
            {{ default_duration_sec() }}
        ) as duration_sec
    from later_events
    inner join user_keys on later_events.user_key = user_keys.user_key
    inner join ping_keys on later_events.ping_key = ping_keys.ping_key
    inner join event_weights on later_events.event_type_key = event_weights.event_type_key
    left join taken_back
        on
            later_events.user_key = taken_back.user_key
            and later_events.ping_key = taken_back.ping_key
            and later_events.event_type_key = taken_back.event_type_key
    left join pings on later_events.ping_key = pings.ping_key
    left join later_pings on ping_keys.ping_id = later_pings.ping_id
    {% if var('holdout_days') is not none and as_of() is not none -%}
    where later_events.event_timestamp < {{ add_days(as_of(), var('holdout_days')) }}
    {%- endif %}

),

rated as (

    select
        *,
        {{ watch_time_ratio('is_view', 'watch_time_sec', 'duration_sec') }} as watch_time_ratio
    from measured

),

final as (

    select
        user_id,
        ping_id,
        event_type,
        event_timestamp,
        watch_time_sec,
        duration_sec,
        watch_time_ratio,
        {{ relevance_grade('is_view', 'watch_time_ratio', 'type_grade') }} as relevance_grade
    from rated

)

select * from final
