-- As for the examples, of what was shown after as_of.
{{ config(materialized='view') }}

with

shown_pairs as (

    select
        cutoff_key,
        user_key,
        ping_key
    from {{ ref('int_shown_pairs') }}
    where
        user_key is not null
        and ping_key is not null

),

final as (

    {{ response_features('shown_pairs', 'cutoff_key = 0') | trim }}

)

select * from final
