-- Rows that are rejected as they were sent twice, or are no events by the mapping, are no reason to
-- look.
with

raw_rows as (

    select * from {{ ref('int_raw_rows') }}
    where outcome in ('accepted', 'rejected')

),

nulled_values as (

    select * from {{ ref('int_nulled_values') }}

),

table_counts as (

    select
        source_table,
        count(*) as n_rows,
        count(case when outcome = 'accepted' then 1 end) as n_accepted
    from raw_rows
    group by source_table

),

rejected_counts as (

    select
        source_table,
        reject_reason,
        count(*) as n_rejected,
        min({{ in_byte_order('raw_row') }}) as first_row
    from raw_rows
    where
        outcome = 'rejected'
        and reject_reason not in ('duplicate', 'ignored by the mapping')
    group by source_table, reject_reason

),

final as (

    select
        {{ warning_rows(
            "'rejected rows'", 'rejected_counts.source_table', 'rejected_counts.reject_reason',
            'rejected_counts.n_rejected', 'table_counts.n_rows', 'rejected_counts.first_row'
        ) | trim }}
    from rejected_counts
    inner join table_counts on rejected_counts.source_table = table_counts.source_table
    where rejected_counts.n_rejected >= {{ var('warn_share') }} * table_counts.n_rows
    union all
    select
        {{ warning_rows(
            "'unusable values'", 'nulled_values.source_table', 'nulled_values.column_name',
            'nulled_values.row_count', 'table_counts.n_accepted', 'nulled_values.example'
        ) | trim }}
    from nulled_values
    inner join table_counts on nulled_values.source_table = table_counts.source_table
    where
        nulled_values.row_count > 0
        and nulled_values.row_count >= {{ var('warn_share') }} * table_counts.n_accepted

)

select * from final
