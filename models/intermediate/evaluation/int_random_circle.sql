with

pings as (

    select * from {{ ref('int_pings') }}
    where {{ 'is_in_catalogue' if as_of() is not none else 'false' }}

),

shuffled as (

    select
        ping_key,
        row_number() over (order by {{ shuffle_hash(['ping_id']) }}, ping_order) as circle_rank
    from pings

),

final as (

    select
        *,
        {{ rank_tier('circle_rank') }} as rank_tier
    from shuffled

)

select * from final
