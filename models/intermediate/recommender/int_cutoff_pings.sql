{{ config(materialized='view') }}

with

pings as (

    select * from {{ ref('int_pings') }}

),

{% if var('ranking_enabled') -%}
cutoffs as (

    select * from {{ ref('int_ranking_cutoffs') }}
    where not is_serving

),

catalogue as (

    select
        *,
        {{ time_bin('created_at', 3600) }} as created_hour
    from {{ ref('int_pings') }}
    where is_in_catalogue

),

{% endif -%}
final as (

    select
        cast(0 as integer) as cutoff_key,
        ping_key,
        ping_order,
        category_key,
        creator_key,
        is_in_catalogue,
        created_at
    from pings
    {%- if var('ranking_enabled') %}
    union all
    select
        cutoffs.cutoff_key,
        catalogue.ping_key,
        catalogue.ping_order,
        catalogue.category_key,
        catalogue.creator_key,
        catalogue.is_in_catalogue,
        catalogue.created_at
    from catalogue
    inner join cutoffs
        on coalesce(catalogue.created_hour < cutoffs.cutoff_hour, true)
    {%- endif %}

)

select * from final
