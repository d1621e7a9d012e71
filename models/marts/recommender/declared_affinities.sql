with

topic_affinities as (

    select * from {{ ref('stg_topic_affinities') }}
    where outcome = 'accepted'

),

final as (

    select
        user_id,
        category,
        affinity
    from topic_affinities

)

select * from final
