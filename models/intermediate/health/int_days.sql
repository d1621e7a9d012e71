-- Days from 2000 to 2099, which MetricFlow wants for its time axis; a view costs a build nothing.
{{ config(materialized='view') }}

{%- set first_year = 2000 -%}
{%- set n_days = 36525 %}

with

digits as (
    {{ number_rows(10) }}

),

final as (

    select
        cast(
            {{ add_days(
                "cast('" ~ first_year ~ "-01-01' as timestamp)",
                'ones.n + 10 * tens.n + 100 * hundreds.n + 1000 * thousands.n + 10000 * myriads.n'
            ) }} as date
        ) as date_day
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as myriads
    where
        ones.n + 10 * tens.n + 100 * hundreds.n + 1000 * thousands.n + 10000 * myriads.n
        < {{ n_days }}

)

select * from final
