with

{% for table in ['users', 'pings', 'topic_affinities'] -%}
{{ table }} as (

    select * from {{ ref('stg_' ~ table) }}

),

{% endfor -%}
{% for table in ['interactions', 'exposures'] -%}
{{ table }} as (

    select * from {{ ref('int_' ~ table) }}

),

{% endfor -%}
outcomes as (
    {% for table in ['users', 'pings', 'interactions', 'exposures', 'topic_affinities'] %}
    select
        '{{ table }}' as source_table,
        outcome,
        case when outcome = 'rejected' then reject_reason end as reject_reason
    from {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        source_table,
        outcome,
        reject_reason,
        count(*) as row_count
    from outcomes
    group by source_table, outcome, reject_reason

)

select * from final
