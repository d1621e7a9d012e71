with

gbdt as (

    select * from {{ ref('int_ranking_gbdt') }}

),

neural as (

    select * from {{ ref('int_ranking_neural') }}

),

classifier as (

    select * from {{ ref('int_ranking_classifier') }}

),

response as (

    select * from {{ ref('int_ranking_response') }}

),

{% if var('two_tower_enabled') -%}
two_tower as (

    select
        'two_tower' as stage,
        kind,
        name,
        value,
        content
    from {{ ref('int_ranking_two_tower') }}
    where kind is not null

),

{% endif -%}
final as (

    select * from gbdt
    union all
    select * from neural
    union all
    select * from classifier
    union all
    select * from response
    {%- if var('two_tower_enabled') %}
    union all
    select * from two_tower
    {%- endif %}

)

select * from final
