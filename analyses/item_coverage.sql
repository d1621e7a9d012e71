-- Which share of the catalogue does anybody get recommended? The same as recommendation_coverage.
with

recommendations as (

    select * from {{ ref('recommendations') }}

),

pings as (

    select * from {{ ref('pings') }}

)

select
    count(distinct recommendations.ping_id) as recommended_pings,
    count(distinct pings.ping_id) as catalogue_pings,
    {{ safe_divide('count(distinct recommendations.ping_id)', 'count(distinct pings.ping_id)') }}
        as item_coverage
from pings
left join recommendations on pings.ping_id = recommendations.ping_id
