-- The Lorenz curve: with the catalogue's pings in ascending order of their slots, the share of all
-- slots that the first so many pings have.
with

pings as (

    select * from {{ ref('int_pings') }}
    where is_in_catalogue

),

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

steps as (
    {{ number_rows(101) }}

),

slots as (

    select
        ping_key,
        count(*) as n_slots
    from recommendations
    group by ping_key

),

ordered as (

    select
        coalesce(slots.n_slots, 0) as n_slots,
        row_number() over (
            order by coalesce(slots.n_slots, 0), pings.ping_order
        ) as exposure_order
    from pings
    left join slots on pings.ping_key = slots.ping_key

),

cumulated as (

    select
        exposure_order,
        sum(n_slots) over (
            order by exposure_order
            rows between unbounded preceding and current row
        ) as slots_so_far
    from ordered

),

totals as (

    select
        count(*) as catalogue_pings,
        coalesce(sum(n_slots), 0) as recommended_slots
    from ordered

),

step_pings as (

    select
        steps.n,
        totals.catalogue_pings,
        totals.recommended_slots,
        cast(
            floor(cast(steps.n * totals.catalogue_pings as {{ type_double() }}) / 100) as bigint
        ) as pings_so_far
    from steps
    cross join totals

),

final as (

    select
        cast(step_pings.n as bigint) as percent_of_pings,
        step_pings.pings_so_far,
        step_pings.catalogue_pings,
        {{ safe_divide('step_pings.pings_so_far', 'step_pings.catalogue_pings') }}
            as share_of_pings,
        cast(coalesce(cumulated.slots_so_far, 0) as bigint) as slots_so_far,
        cast(step_pings.recommended_slots as bigint) as recommended_slots,
        {{ safe_divide(
            'coalesce(cumulated.slots_so_far, 0)', 'step_pings.recommended_slots'
        ) }}
            as share_of_slots
    from step_pings
    left join cumulated on step_pings.pings_so_far = cumulated.exposure_order

)

select * from final
