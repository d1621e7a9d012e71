with

raw_rows as (

    select * from {{ ref('int_raw_rows') }}
    where outcome = 'rejected'

),

final as (

    select
        source_table,
        reject_reason,
        raw_row
    from raw_rows

)

select * from final
