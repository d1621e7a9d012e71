-- The serving cutoff comes after every event; the others lie on full hours.
{{ config(materialized='view') }}

with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

{% if var('ranking_enabled') -%}
history as (

    select * from {{ ref('int_ranking_history') }}
    where cutoff_key > 0

),

{% endif -%}
final as (

    select
        cast(0 as integer) as cutoff_key,
        user_key,
        ping_key,
        engagement_score,
        n_affinity_events
    from user_pings
    {%- if var('ranking_enabled') %}
    union all
    select
        cutoff_key,
        user_key,
        ping_key,
        engagement_score,
        n_affinity_events
    from history
    {%- endif %}

)

select * from final
