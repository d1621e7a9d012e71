-- What is of the future may be of the past one day: rows stay in the log's tables as they were
-- stored, and this is looked up anew by every build.
with

date_bound as (
    {{ date_bound('event_timestamp') }}
),

{% for log in ['interactions', 'exposures'] -%}
{{ log }} as (

    select log_rows.*
    from {{ ref('int_' ~ log) }} as log_rows
    cross join date_bound
    where
        log_rows.outcome = 'accepted'
        and {{ is_of_the_future('log_rows.event_timestamp') }}

),

{% endfor -%}
user_keys as (

    select * from {{ ref('int_user_keys') }}

),

ping_keys as (

    select * from {{ ref('int_ping_keys') }}

),

event_weights as (

    select * from {{ ref('stg_event_weights') }}

),

named_interactions as (

    select
        interactions.*,
        user_keys.user_id,
        ping_keys.ping_id,
        event_weights.event_type
    from interactions
    inner join user_keys on interactions.user_key = user_keys.user_key
    inner join ping_keys on interactions.ping_key = ping_keys.ping_key
    inner join event_weights on interactions.event_type_key = event_weights.event_type_key

),

final as (

    select
        'interactions' as source_table,
        file_number,
        user_key,
        ping_key,
        event_timestamp,
        loaded_at,
        {{ row_text_of_values() }} as raw_row
    from named_interactions
    union all
    select
        'exposures' as source_table,
        file_number,
        user_key,
        ping_key,
        event_timestamp,
        loaded_at,
        raw_row
    from exposures

)

select * from final
