with

files as (

    {{ read_files() }}

),

raw_rows as (

    select * from {{ ref('int_raw_rows') }}

),

counted as (

    select
        source_table,
        file_number,
        outcome,
        count(*) as row_count
    from raw_rows
    group by source_table, file_number, outcome

),

final as (

    select
        files.source_table,
        files.path,
        files.bytes,
        -- a table of the database comes in several parts
        cast(max(files.batch_number) as integer) as batch_number,
        {% for outcome in ['accepted', 'rejected', 'after_as_of', 'after_known_as_of'] -%}
        cast(coalesce(
            sum(case when counted.outcome = '{{ outcome }}' then counted.row_count end), 0
        ) as bigint) as {{ outcome }},
        {% endfor -%}
        cast(coalesce(sum(counted.row_count), 0) as bigint) as rows
    from files
    left join counted
        on
            files.source_table = counted.source_table
            and coalesce(files.file_number, 0) = counted.file_number
    group by files.source_table, files.path, files.bytes

)

select * from final
