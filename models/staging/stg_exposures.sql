-- The only model that reads the raw exposures.
{{ config(database=batch_database()) }}

with

exposures as (

    select * from {{ ref('base_exposures') }}

),

typed as (

    select
        file_number,
        raw_row,
        row_problem,
        dwell_time as raw_dwell_time,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('ping_id') }} as ping_id,
        {{ safe_timestamp('event_timestamp') }} as event_timestamp,
        {{ safe_timestamp('loaded_at') }} as loaded_at,
        {%- for name in exposure_counts() %}
        {{ safe_count(name ~ '_count') }} as {{ name }}_count,
        {{ is_present(name ~ '_count') }} as has_{{ name }}_count,
        {%- endfor %}
        {{ safe_double('dwell_time') }} as dwell_time
    from exposures

),

-- a missing count is 0, so an exposure is the same with an empty field and with a 0
final as (

    select
        file_number,
        user_id,
        ping_id,
        event_timestamp,
        dwell_time,
        dwell_time is null and {{ is_present('raw_dwell_time') }} as is_dwell_time_nulled,
        {%- for name in exposure_counts() %}
        coalesce({{ name }}_count, 0) as {{ name }}_count,
        {{ name }}_count is null and has_{{ name }}_count as is_{{ name }}_nulled,
        {%- endfor %}
        loaded_at,
        row_problem,
        raw_row
    from typed

)

select * from final
