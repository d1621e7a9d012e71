-- The events made of the exposures are as many of each type as the accepted rows say, no more and
-- no fewer.
with

exposures as (

    select * from {{ ref('int_exposures') }}
    where outcome = 'accepted'

),

event_weights as (

    select
        event_type_key,
        {{ plain_event_type('event_type') }} as event_type
    from {{ ref('stg_event_weights') }}

),

given as (

    select
        'impression' as event_type,
        count(*) as n_events
    from exposures
    union all
    select
        'view' as event_type,
        count(*) as n_events
    from exposures
    where dwell_time > 0
    {%- for name, event_type in exposure_counts().items() %}
    union all
    select
        '{{ event_type | replace('_', '') }}' as event_type,
        coalesce(sum({{ name }}_count), 0) as n_events
    from exposures
    {%- endfor %}

),

made as (

    select
        event_weights.event_type,
        count(*) as n_events
    from {{ ref('int_exposure_events') }} as events
    inner join event_weights on events.event_type_key = event_weights.event_type_key
    where not events.is_after_as_of
    group by event_weights.event_type

)

select
    given.event_type,
    given.n_events,
    made.n_events as n_events_made
from given
inner join event_weights on given.event_type = event_weights.event_type
left join made on given.event_type = made.event_type
where given.n_events <> coalesce(made.n_events, 0)
