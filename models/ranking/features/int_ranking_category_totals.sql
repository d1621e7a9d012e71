with

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

summed as (

    select
        cutoff_key,
        category_key,
        cast(sum(n_pings) as {{ type_double() }}) as n_pings,
        cast(sum(n_positive) as {{ type_double() }}) as n_positive
    from user_categories
    group by cutoff_key, category_key

),

final as (

    select
        cutoff_key,
        category_key,
        {{ safe_divide('n_pings', 'sum(n_pings) over (partition by cutoff_key)') }} as pings_share,
        {{ safe_divide('n_positive', 'n_pings') }} as positive_rate
    from summed

)

select * from final
