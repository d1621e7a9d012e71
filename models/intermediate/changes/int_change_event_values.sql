{{ config(materialized=change_materialization()) }}
{%- set names = ['category', 'creator', 'ping', 'ping_age', 'ping_length'] %}

with

part_counts as (

    select * from {{ ref('int_change_part_counts') }}

),

change_spans as (

    select * from {{ ref('int_change_spans') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

ping_counts as (

    select
        part_counts.part,
        coalesce(pings.category, 'unknown') as category,
        coalesce(pings.creator_id, 'unknown') as creator,
        pings.ping_id as ping,
        {{ ping_age_name('part_counts.age_group') | trim }} as ping_age,
        {{ ping_length_name('pings.duration_sec', 'pings.is_duration_known') | trim }}
            as ping_length,
        {% for name in change_counts() -%}
        part_counts.{{ name }}
        {%- if not loop.last %},
        {% endif %}
        {%- endfor %}
    from part_counts
    inner join pings on part_counts.ping_key = pings.ping_key
    where part_counts.key_kind = 'ping'

),

part_values as (

    select
        part,
        case
            {%- for name in names[:-1] %}
            when grouping({{ name }}) = 0 then '{{ name }}'
            {%- endfor %}
            else '{{ names | last }}'
        end as dimension,
        coalesce({{ names | join(', ') }}) as attribute,
        {{ summed_counts('ping_counts') | trim }}
    from ping_counts
    -- sqlfluff does not know it in the SQL of DuckDB
    group by grouping sets (  -- noqa: PRS
        {%- for name in names %}
        (part, {{ name }})
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    )

),

other_values as (

    select
        change_spans.time_window,
        change_spans.is_after,
        part_counts.key_kind as dimension,
        case part_counts.key_kind
            when 'hour'
                then right('0' || cast(part_counts.hour_of_day as {{ dbt.type_string() }}), 2)
            when 'watch_time'
                then case when part_counts.has_watch_time = 1 then 'given' else 'missing' end
            else
                {{ candidate_reason(
                    'part_counts.category_part > change_spans.earliest_part',
                    'part_counts.creator_part > change_spans.earliest_part'
                ) | indent(16) }}
        end as attribute,
        {% for name in change_counts() -%}
        part_counts.{{ name }}
        {%- if not loop.last %},
        {% endif %}
        {%- endfor %}
    from part_counts
    inner join change_spans on part_counts.part = change_spans.part
    where
        part_counts.key_kind in ('hour', 'candidate_reason')
        or (part_counts.key_kind = 'watch_time' and part_counts.has_watch_time is not null)

),

all_values as (

    select
        change_spans.time_window,
        change_spans.is_after,
        part_values.dimension,
        part_values.attribute,
        {% for name in change_counts() -%}
        part_values.{{ name }}
        {%- if not loop.last %},
        {% endif %}
        {%- endfor %}
    from part_values
    inner join change_spans on part_values.part = change_spans.part
    union all
    select * from other_values

),

final as (

    select
        time_window,
        is_after,
        dimension,
        attribute,
        cast(null as bigint) as active_users,
        {{ summed_counts('all_values') | trim }}
    from all_values
    group by time_window, is_after, dimension, attribute

)

select * from final
