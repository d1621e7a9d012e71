with

unread_files as (

    {{ unread_files() }}

),

files as (

    {{ read_files() }}

),

raw_rows as (

    select * from {{ ref('int_raw_rows') }}
    where outcome = 'accepted'

),

filled_tables as (

    select distinct source_table from raw_rows

),

table_files as (

    select
        source_table,
        count(*) as n_files,
        min(path) as first_path
    from files
    group by source_table

),

final as (

    select
        {{ warning_rows(
            "'no rows'", 'table_files.source_table', none, 'table_files.n_files',
            'table_files.n_files', 'table_files.first_path'
        ) | trim }}
    from table_files
    left join filled_tables on table_files.source_table = filled_tables.source_table
    where filled_tables.source_table is null
    union all
    select
        {{ warning_rows(
            "'file not read'", "'files'", none, 'count(*)', 'count(*)', 'min(path)'
        ) | trim }}
    from unread_files
    having count(*) > 0

)

select * from final
