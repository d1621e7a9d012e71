-- Every raw row is accepted, rejected or after as_of, and the tables hold just these: nothing is
-- lost, nothing twice. Of a log, the last run may have read some files only: these are looked at.
with

{% for table in ['interactions', 'exposures'] -%}
{% for layer in ['base', 'int'] -%}
{{ layer }}_{{ table }} as (

    select
        file_number,
        count(*) as n_rows
    from {{ ref(layer ~ '_' ~ table) }}
    group by file_number

),

{% endfor -%}
{{ table }}_files as (

    select
        base_{{ table }}.file_number,
        base_{{ table }}.n_rows,
        coalesce(int_{{ table }}.n_rows, 0) as n_stored_rows
    from base_{{ table }}
    left join int_{{ table }} on base_{{ table }}.file_number = int_{{ table }}.file_number

),

{% endfor -%}
raw_counts as (
    {% for table in raw_table_names() if table not in ['interactions', 'exposures'] %}
    select
        '{{ table }}' as source_table,
        count(*) as raw_rows
    from {{ ref('base_' ~ table) }}
    union all
    {%- endfor %}
    {%- for table in ['interactions', 'exposures'] %}
    -- what the last run did not read was looked at when it was read
    select
        '{{ table }}' as source_table,
        (select count(*) from {{ ref('int_' ~ table) }})
        + (select coalesce(sum(n_rows - n_stored_rows), 0) from {{ table }}_files) as raw_rows
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

accepted_counts as (

    select
        'users' as source_table,
        count(*) as accepted_rows
    from {{ ref('users') }}
    union all
    select
        'pings' as source_table,
        count(*) as accepted_rows
    from {{ ref('pings') }}
    union all
    select
        'interactions' as source_table,
        (select count(*) from {{ ref('interactions') }})
        - (
            select count(*) from {{ ref('int_exposure_events') }} as exposure_events
            cross join (
                {{ date_bound('event_timestamp') }}
            ) as date_bound
            where
                not exposure_events.is_after_as_of
                and not {{ is_of_the_future('exposure_events.event_timestamp') }}
        ) as accepted_rows
    union all
    select
        'exposures' as source_table,
        count(*) as accepted_rows
    from (
        {{ accepted_rows('exposures') }}
    ) as exposures
    union all
    select
        'topic_affinities' as source_table,
        count(*) as accepted_rows
    from {{ ref('declared_affinities') }}
    {%- if var('experiments_enabled') %}
    union all
    select
        'experiment_assignments' as source_table,
        coalesce(sum(n_arms), 0) as accepted_rows
    from {{ ref('experiment_users') }}
    union all
    select
        'experiments' as source_table,
        count(is_described) as accepted_rows
    from {{ ref('int_experiments') }}
    where is_described
    {%- endif %}

),

rejected_counts as (

    select
        source_table,
        count(*) as rejected_rows
    from {{ ref('rejected_rows') }}
    group by source_table

),

summary as (

    select
        source_table,
        sum(row_count) as summed_rows,
        coalesce(sum(case when outcome = 'accepted' then row_count end), 0) as accepted_rows,
        coalesce(sum(case when outcome = 'rejected' then row_count end), 0) as rejected_rows
    from {{ ref('intake_summary') }}
    group by source_table

)

select
    raw_counts.source_table,
    raw_counts.raw_rows,
    summary.summed_rows,
    summary.accepted_rows as summed_accepted_rows,
    accepted_counts.accepted_rows,
    summary.rejected_rows as summed_rejected_rows,
    rejected_counts.rejected_rows
from raw_counts
inner join accepted_counts on raw_counts.source_table = accepted_counts.source_table
left join rejected_counts on raw_counts.source_table = rejected_counts.source_table
left join summary on raw_counts.source_table = summary.source_table
where
    raw_counts.raw_rows <> coalesce(summary.summed_rows, 0)
    or accepted_counts.accepted_rows <> coalesce(summary.accepted_rows, 0)
    or coalesce(rejected_counts.rejected_rows, 0) <> coalesce(summary.rejected_rows, 0)
