with

raw_rows as (

    select * from {{ ref('int_raw_rows') }}

),

final as (

    select
        source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from raw_rows
    group by source_table, outcome, reject_reason

)

select * from final
