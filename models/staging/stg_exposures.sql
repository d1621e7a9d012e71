with

exposures as (

    select * from {{ ref('base_exposures') }}

),

typed as (

    select
        raw_row,
        row_problem,
        dwell_time as raw_dwell_time,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('ping_id') }} as ping_id,
        {{ safe_timestamp('event_timestamp') }} as event_timestamp,
        {%- for name in exposure_counts() %}
        {{ safe_count(name ~ '_count') }} as {{ name }}_count,
        {{ is_present(name ~ '_count') }} as has_{{ name }}_count,
        {%- endfor %}
        {{ safe_double('dwell_time') }} as dwell_time
    from exposures

),

checked as (

    select
        *,
        case
            when row_problem is not null then row_problem
            when user_id is null or ping_id is null then 'missing id'
            when event_timestamp is null then 'unparseable or missing event timestamp'
            when coalesce(dwell_time < 0 or not {{ is_finite('dwell_time') }}, false)
                then 'negative or non-finite watch time'
        end as row_reject_reason,
        {{ is_after_as_of('event_timestamp') }} as is_after_as_of
    from typed

),

-- a missing count is 0, so an exposure is the same with an empty field and with a 0
numbered as (

    select
        *,
        row_number() over (
            partition by
                user_id,
                ping_id,
                event_timestamp,
                dwell_time,
                {%- for name in exposure_counts() %}
                coalesce({{ name }}_count, 0),
                {%- endfor %}
                row_reject_reason
            order by {{ in_byte_order('raw_row') }}
        ) as copy_number
    from checked

),

final as (

    select
        user_id,
        ping_id,
        event_timestamp,
        dwell_time,
        dwell_time is null and {{ is_present('raw_dwell_time') }} as is_dwell_time_nulled,
        {%- for name in exposure_counts() %}
        coalesce({{ name }}_count, 0) as {{ name }}_count,
        {{ name }}_count is null and has_{{ name }}_count as is_{{ name }}_nulled,
        {%- endfor %}
        is_after_as_of,
        row_reject_reason is null and copy_number = 1 as is_exposure,
        {{ intake_outcome('is_after_as_of', 'row_reject_reason', 'copy_number') }} as outcome,
        {{ intake_reject_reason('is_after_as_of', 'row_reject_reason', 'copy_number') }}
            as reject_reason,
        -- good rows, nearly all, are not kept as text
        case
            when not is_after_as_of and (row_reject_reason is not null or copy_number > 1)
                then raw_row
        end as raw_row
    from numbered

)

select * from final
