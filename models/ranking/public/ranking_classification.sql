with

classification as (

    select * from {{ ref('int_ranking_classification') }}

),

final as (

    select
        model,
        slice,
        metric,
        part,
        part_number,
        value,
        low,
        high,
        n_rows,
        explanation
    from classification

)

select * from final
