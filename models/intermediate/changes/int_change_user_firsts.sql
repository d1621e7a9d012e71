-- What a user had to do with a category or creator before a span, in parts of time: all that lies
-- before the earliest part is one part more.
{{ config(materialized=change_materialization()) }}

with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

starts as (

    select distinct
        part,
        part_starts_at
    from {{ ref('int_change_spans') }}

),

-- from one start to the next, whatever lies between the spans
eras as (

    select
        part,
        part_starts_at,
        lead(part_starts_at) over (order by part_starts_at) as next_starts_at
    from starts
    union all
    select
        max(part) + 1 as part,
        cast(null as timestamp) as part_starts_at,
        min(part_starts_at) as next_starts_at
    from starts

),

-- a handful; the limit tells Spark so
few_eras as (

    select * from eras
    order by part
    limit 1000

),

firsts as (
    {% for key, other in [('category_key', 'creator_key'), ('creator_key', 'category_key')] %}
    select
        user_pings.user_key,
        {%- for name in ['category_key', 'creator_key'] %}
        {% if name == key %}pings.{{ key }}{% else %}cast(null as integer) as {{ name }}{% endif %},
        {%- endfor %}
        min(user_pings.first_event_timestamp) as first_event_timestamp
    from user_pings
    inner join pings on user_pings.ping_key = pings.ping_key
    where pings.{{ key }} <> 0
    group by user_pings.user_key, pings.{{ key }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        firsts.user_key,
        firsts.category_key,
        firsts.creator_key,
        few_eras.part as first_part
    from firsts
    inner join few_eras
        on
            firsts.first_event_timestamp >= coalesce(
                few_eras.part_starts_at, firsts.first_event_timestamp
            )
            and firsts.first_event_timestamp < coalesce(
                few_eras.next_starts_at, {{ add_days('firsts.first_event_timestamp', 1) }}
            )

)

select * from final
