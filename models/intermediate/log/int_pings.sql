with

creation_bound as (
    {{ date_bound('created_at') }}
),

pings as (

    select
        pings.ping_id,
        pings.creator_id,
        pings.main_hashtag,
        pings.category,
        case
            when not {{ is_of_the_future('pings.created_at') }} then pings.created_at
        end as created_at,
        pings.quality_score,
        pings.region_restriction,
        pings.duration_sec
    from {{ ref('stg_pings') }} as pings
    cross join creation_bound as date_bound
    where pings.outcome = 'accepted'

),

ping_keys as (

    select * from {{ ref('int_ping_keys') }}

),

log_pings as (

    select distinct ping_key from {{ ref('int_events') }}

),

known_durations as (

    select percentile_cont(0.5) within group (order by duration_sec) as median_duration_sec
    from pings
    where duration_sec > 0

),

-- 0 stands for no category, no creator
final as (

    select
        ping_keys.ping_id,
        pings.creator_id,
        pings.main_hashtag,
        pings.category,
        pings.created_at,
        pings.quality_score,
        pings.region_restriction,
        pings.ping_id is not null as is_in_catalogue,
        coalesce(pings.duration_sec > 0, false) as is_duration_known,
        case
            when pings.duration_sec > 0 then pings.duration_sec
            when pings.ping_id is not null and known_durations.median_duration_sec is not null
                then known_durations.median_duration_sec
            else {{ default_duration_sec() }}
        end as duration_sec,
        ping_keys.ping_key,
        cast(
            row_number() over (order by {{ in_byte_order('ping_keys.ping_id') }}) as integer
        ) as ping_order,
        cast(case
            when pings.category is not null
                then dense_rank() over (order by pings.category nulls last)
            else 0
        end as integer) as category_key,
        cast(case
            when pings.creator_id is not null
                then dense_rank() over (order by pings.creator_id nulls last)
            else 0
        end as integer) as creator_key
    from ping_keys
    left join pings on ping_keys.ping_id = pings.ping_id
    left join log_pings on ping_keys.ping_key = log_pings.ping_key
    cross join known_durations
    where
        pings.ping_id is not null
        or log_pings.ping_key is not null

)

select * from final
