{# A query that gives each id of users, or of pings, an integer key: the model int_user_keys or int_ping_keys. Where the table is
   there already, only new ids: keys are never changed, as events are stored with them.

   thing: user or ping. #}
{% macro id_keys(thing) -%}
{% set id, key = thing ~ '_id', thing ~ '_key' -%}
with

ids as (

    select {{ id }} from {{ ref('stg_' ~ thing ~ 's') }}
    union
    select {{ id }} from {{ ref('stg_interactions') }}
    union
    select {{ id }} from {{ ref('stg_exposures') }}

),

{% if is_incremental() -%}
known_keys as (

    select * from {{ this }}

),

last_keys as (

    select coalesce(max({{ key }}), 0) as {{ key }} from known_keys

),

new_ids as (

    select ids.{{ id }}
    from ids
    left join known_keys on ids.{{ id }} = known_keys.{{ id }}
    where
        ids.{{ id }} is not null
        and known_keys.{{ id }} is null

),

{% else -%}
new_ids as (

    select {{ id }} from ids
    where {{ id }} is not null

),

{% endif -%}
numbered as (

    {{ numbered_keys('new_ids', id, key) | trim }}

),

final as (

    select
        numbered.{{ id }},
        {% if is_incremental() -%}
        cast(last_keys.{{ key }} + numbered.{{ key }} as integer) as {{ key }}
    from numbered
    cross join last_keys
        {%- else -%}
        numbered.{{ key }}
    from numbered
        {%- endif %}

)

select * from final
{%- endmacro %}
