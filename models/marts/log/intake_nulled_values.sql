with

nulled_values as (

    select * from {{ ref('int_nulled_values') }}

),

final as (

    select
        source_table,
        column_name,
        row_count
    from nulled_values

)

select * from final
