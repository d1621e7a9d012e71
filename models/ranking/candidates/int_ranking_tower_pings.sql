-- Groups are texts here, so that the towers have an input for each.
{{ config(materialized='view') }}

with

pings as (

    select * from {{ ref('int_ranking_pings') }}

),

ping_keys as (

    select * from {{ ref('int_ping_keys') }}

),

{% if var('ranking_ping_features') -%}
own_features as (

    {{ tower_own_features('pings') | trim }}

),

{% endif -%}
final as (

    select
        {% for column in own_columns('pings') -%}
        own_features.own_ping_{{ column.feature }},
        {% endfor -%}
        pings.cutoff_key,
        pings.ping_key,
        ping_keys.ping_id,
        pings.category_key,
        pings.creator_key,
        pings.prior_score,
        cast(pings.duration_group as {{ dbt.type_string() }}) as duration_group,
        pings.log_duration,
        ln(1 + greatest(pings.age_days, 0)) as log_age,
        pings.audience_signup,
        pings.audience_activity,
        pings.positive_rate_all,
        pings.mean_ratio_24h,
        pings.users_share_all
    from pings
    inner join ping_keys on pings.ping_key = ping_keys.ping_key
    {%- if var('ranking_ping_features') %}
    left join own_features
        on
            pings.cutoff_key = own_features.cutoff_key
            and pings.ping_key = own_features.ping_key
    {%- endif %}

)

select * from final
