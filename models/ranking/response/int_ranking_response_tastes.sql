-- Pulled to what is usual by three pings' worth, of lengths, of which there are few, by two.
with

excesses as (

    select * from {{ ref('int_ranking_response_excesses') }}

),

final as (

    select
        cutoff_key,
        user_key,
        'category' as group_kind,
        category_key as group_number,
        {{ smoothed_rate(exact_sum('excess_positive'), 'count(*)', '0', 3) }} as positive
    from excesses
    where category_key <> 0
    group by cutoff_key, user_key, category_key
    union all
    select
        cutoff_key,
        user_key,
        'duration' as group_kind,
        duration_group as group_number,
        {{ smoothed_rate(exact_sum('excess_positive'), 'count(*)', '0', 2) }} as positive
    from excesses
    group by cutoff_key, user_key, duration_group

)

select * from final
