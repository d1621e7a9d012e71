-- Rows that are rejected as they were sent twice, or are no events by the mapping, are no reason to
-- look.
with

intake_summary as (

    select * from {{ ref('intake_summary') }}

),

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

nulled_values as (

    select * from {{ ref('int_nulled_values') }}

),

table_counts as (

    select
        source_table,
        sum(case when outcome in ('accepted', 'rejected') then row_count else 0 end) as n_rows,
        sum(case when outcome = 'accepted' then row_count else 0 end) as n_accepted
    from intake_summary
    group by source_table

),

rejected_counts as (

    select
        source_table,
        reject_reason,
        sum(row_count) as n_rejected
    from intake_summary
    where
        outcome = 'rejected'
        and reject_reason not in ('duplicate', 'ignored by the mapping')
    group by source_table, reject_reason

),

examples as (

    select
        source_table,
        reject_reason,
        min(raw_row) as raw_row
    from rejected_rows
    group by source_table, reject_reason

),

final as (

    select
        {{ warning_rows(
            "'rejected rows'", 'rejected_counts.source_table', 'rejected_counts.reject_reason',
            'rejected_counts.n_rejected', 'table_counts.n_rows', 'examples.raw_row'
        ) | trim }}
    from rejected_counts
    inner join table_counts on rejected_counts.source_table = table_counts.source_table
    left join examples
        on
            rejected_counts.source_table = examples.source_table
            and rejected_counts.reject_reason = examples.reject_reason
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
