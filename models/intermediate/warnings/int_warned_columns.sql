with

source_columns as (

    {{ source_columns() }}

),

-- a file may be read for two tables, as for users and their declared interests
file_columns as (

    select
        path,
        column_name,
        max(source_table) as source_table,
        count(contract_column) as n_uses
    from source_columns
    group by path, column_name

),

unused_columns as (

    select
        source_table,
        column_name,
        count(*) as n_files,
        min(path) as first_path
    from file_columns
    where n_uses = 0
    group by source_table, column_name

),

source_counts as (

    select
        source_table,
        count(distinct path) as n_sources
    from source_columns
    group by source_table

),

used_columns as (

    select
        source_table,
        contract_column,
        count(distinct path) as n_sources
    from source_columns
    where contract_column is not null
    group by source_table, contract_column

),

columns_of_some as (

    select
        used_columns.source_table,
        used_columns.contract_column,
        source_counts.n_sources,
        source_counts.n_sources - used_columns.n_sources as n_without
    from used_columns
    inner join source_counts on used_columns.source_table = source_counts.source_table
    where used_columns.n_sources < source_counts.n_sources

),

sources as (

    select distinct
        source_table,
        path
    from source_columns

),

without_column as (

    select
        columns_of_some.source_table,
        columns_of_some.contract_column,
        min(sources.path) as first_path
    from columns_of_some
    inner join sources on columns_of_some.source_table = sources.source_table
    left join source_columns
        on
            sources.source_table = source_columns.source_table
            and sources.path = source_columns.path
            and columns_of_some.contract_column = source_columns.contract_column
    where source_columns.path is null
    group by columns_of_some.source_table, columns_of_some.contract_column

),

final as (

    select
        {{ warning_rows(
            "'column not used'", 'unused_columns.source_table', 'unused_columns.column_name',
            'unused_columns.n_files', 'source_counts.n_sources', 'unused_columns.first_path'
        ) | trim }}
    from unused_columns
    inner join source_counts on unused_columns.source_table = source_counts.source_table
    union all
    select
        {{ warning_rows(
            "'column only in some sources'", 'columns_of_some.source_table',
            'columns_of_some.contract_column', 'columns_of_some.n_without',
            'columns_of_some.n_sources', 'without_column.first_path'
        ) | trim }}
    from columns_of_some
    inner join without_column
        on
            columns_of_some.source_table = without_column.source_table
            and columns_of_some.contract_column = without_column.contract_column

)

select * from final
