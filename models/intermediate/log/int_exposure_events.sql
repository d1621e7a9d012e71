-- Of pairs with new exposures, all events are made anew: a row that was kept may have become a
-- copy.
{{ config(
    materialized=grown_table(),
    incremental_strategy=grown_by('replace_rows'),
    unique_key=['user_key', 'ping_key'],
    meta={'grows_with_log': true},
    partition_by=partitioned_by_date(),
    post_hook="{{ remember_batch() }}",
) }}

with

{% if is_incremental() -%}
changed_pairs as (

    select
        user_key,
        ping_key
    from {{ ref('int_exposures') }}
    where changed_in_batch > {{ last_batch() }}

),

{% endif -%}
exposures as (

    select
        *,
        outcome = 'after_as_of' as is_after_as_of
    from {{ ref('int_exposures') }}
    where
        outcome in ('accepted', 'after_as_of')
        {% if is_incremental() -%}
        and (user_key, ping_key) in (select * from changed_pairs)
        {% endif -%}
        and reject_reason is null

),

event_weights as (

    select
        event_type_key,
        {{ plain_event_type('event_type') }} as plain_event_type
    from {{ ref('stg_event_weights') }}

),

digits as (
    {{ number_rows(10) }}
),

-- 1 to 999: the numbers of the second and later events of one count
repeats as (

    select hundreds.n * 100 + tens.n * 10 + ones.n as repeat_number
    from digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where hundreds.n + tens.n + ones.n > 0

),

counted as (

    select
        user_key,
        ping_key,
        'impression' as event_type,
        event_timestamp,
        cast(null as {{ type_double() }}) as watch_time_sec,
        loaded_at,
        is_after_as_of,
        1 as event_count
    from exposures
    union all
    select
        user_key,
        ping_key,
        'view' as event_type,
        event_timestamp,
        dwell_time as watch_time_sec,
        loaded_at,
        is_after_as_of,
        1 as event_count
    from exposures
    where dwell_time > 0
    {%- for name, event_type in exposure_counts().items() %}
    union all
    select
        user_key,
        ping_key,
        '{{ event_type | replace('_', '') }}' as event_type,
        event_timestamp,
        cast(null as {{ type_double() }}) as watch_time_sec,
        loaded_at,
        is_after_as_of,
        {{ name }}_count as event_count
    from exposures
    where {{ name }}_count > 0
    {%- endfor %}

),

unfolded as (

    select
        user_key,
        ping_key,
        event_type,
        event_timestamp,
        watch_time_sec,
        loaded_at,
        is_after_as_of
    from counted
    union all
    select
        counted.user_key,
        counted.ping_key,
        counted.event_type,
        counted.event_timestamp,
        counted.watch_time_sec,
        counted.loaded_at,
        counted.is_after_as_of
    from counted
    inner join repeats on counted.event_count > repeats.repeat_number
    where counted.event_count > 1

),

final as (

    select
        unfolded.user_key,
        unfolded.ping_key,
        event_weights.event_type_key,
        unfolded.event_timestamp,
        {%- if event_date_column('event_timestamp') %}
        {{ event_date_column('unfolded.event_timestamp') }},
        {%- endif %}
        unfolded.watch_time_sec,
        unfolded.loaded_at,
        unfolded.is_after_as_of
    from unfolded
    inner join event_weights on unfolded.event_type = event_weights.plain_event_type

)

select * from final
