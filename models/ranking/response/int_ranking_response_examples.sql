with

pairs as (

    select * from {{ ref('int_ranking_response_pairs') }}

),

features as (

    {{ response_features('pairs', 'cutoff_key > 0') | trim }}

),

final as (

    select
        pairs.is_response,
        pairs.is_long,
        features.*
    from pairs
    inner join features
        on
            pairs.cutoff_key = features.cutoff_key
            and pairs.user_key = features.user_key
            and pairs.ping_key = features.ping_key

)

select * from final
