with

{% for table in ['users', 'pings', 'topic_affinities'] -%}
{{ table }} as (

    select * from {{ ref('stg_' ~ table) }}
    where outcome = 'rejected'

),

{% endfor -%}
{% for table in ['interactions', 'exposures'] -%}
{{ table }} as (

    select * from {{ ref('int_' ~ table) }}
    where outcome = 'rejected'

),

{% endfor -%}
final as (
    {% for table in ['users', 'pings', 'interactions', 'exposures', 'topic_affinities'] %}
    select
        '{{ table }}' as source_table,
        reject_reason,
        raw_row
    from {{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from final
