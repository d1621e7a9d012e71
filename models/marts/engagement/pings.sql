with

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

final as (

    select
        ping_id,
        creator_id,
        main_hashtag,
        category,
        duration_sec,
        is_duration_known,
        created_at,
        quality_score,
        region_restriction
    from pings

)

select * from final
