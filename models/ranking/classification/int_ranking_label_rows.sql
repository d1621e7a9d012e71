-- A labelled row knows what happened before its first event, a candidate what happened in the whole
-- log. Too many labelled rows are sampled by a hash of the ids.
with

labels as (

    select * from {{ ref('ranking_labels') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

events as (

    select
        user_key,
        ping_key,
        {{ time_bin('event_timestamp', 1) }} as second_number
    from {{ ref('int_events') }}

),

candidates as (

    select * from {{ ref('int_ranking_short_candidates') }}

),

moments as (

    select
        user_key,
        ping_key,
        min(second_number) as first_second,
        max(second_number) as last_second
    from events
    group by user_key, ping_key

),

span as (

    select max(last_second) + 1 as end_second from moments

),

drawn as (

    select
        moments.*,
        labels.label
    from labels
    inner join users on labels.user_id = users.user_id
    inner join pings on labels.ping_id = pings.ping_id
    inner join moments
        on
            users.user_key = moments.user_key
            and pings.ping_key = moments.ping_key
    order by
        {{ portable_hash(['labels.user_id', 'labels.ping_id']) }},
        labels.user_id,
        labels.ping_id
    limit {{ var('ranking_classifier_rows') }}

),

final as (

    select
        false as is_candidate,
        user_key,
        ping_key,
        first_second,
        last_second,
        label
    from drawn
    union all
    select
        true as is_candidate,
        candidates.user_key,
        candidates.ping_key,
        span.end_second as first_second,
        span.end_second as last_second,
        cast(null as integer) as label
    from candidates
    cross join span

)

select * from final
