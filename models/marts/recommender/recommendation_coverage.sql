-- gini_exposure: with the catalogue's pings in ascending order of their slots x_1 … x_n, the Gini
-- coefficient is 2 · sum(i · x_i) / (n · sum(x_i)) − (n + 1) / n (Gini 1912; the same as in Fleder
-- and Hosanagar 2009).
with

pings as (

    select * from {{ ref('int_ping_scores') }}
    where
        {{ is_serving_cutoff() }}
        and is_in_catalogue

),

recommendations as (

    select * from {{ ref('int_served_recommendations') }}

),

slots as (

    select
        ping_key,
        count(*) as n_slots
    from recommendations
    group by ping_key

),

newest as (

    select max(created_at) as newest_created_at from pings

),

exposed as (

    select
        pings.creator_key,
        coalesce(slots.n_slots, 0) as n_slots,
        {{ is_new_by('pings.created_at', 'newest.newest_created_at', var('new_item_days')) }}
            as is_new_item,
        row_number() over (order by coalesce(slots.n_slots, 0), pings.ping_order) as exposure_order,
        row_number() over (
            order by pings.global_engagement desc, pings.ping_order
        ) as engagement_order,
        count(*) over () as catalogue_pings
    from pings
    left join slots on pings.ping_key = slots.ping_key
    cross join newest

),

totals as (

    select
        count(*) as catalogue_pings,
        count(*) filter (where n_slots > 0) as recommended_pings,
        count(distinct case when creator_key <> 0 then creator_key end) as catalogue_creators,
        count(
            distinct case when creator_key <> 0 and n_slots > 0 then creator_key end
        ) as recommended_creators,
        cast(coalesce(sum(n_slots), 0) as bigint) as recommended_slots,
        cast(coalesce(sum(n_slots) filter (where is_new_item), 0) as bigint) as new_item_slots,
        cast(coalesce(sum(n_slots) filter (
            where engagement_order > ceil({{ var('head_share') }} * catalogue_pings)
        ), 0) as bigint) as tail_slots,
        sum(cast(exposure_order as {{ type_double() }}) * n_slots) as ordered_slots
    from exposed

),

final as (

    select
        catalogue_pings,
        recommended_pings,
        {{ safe_divide('recommended_pings', 'catalogue_pings') }} as item_coverage,
        catalogue_creators,
        recommended_creators,
        {{ safe_divide('recommended_creators', 'catalogue_creators') }} as creator_coverage,
        2 * {{ safe_divide('ordered_slots', 'catalogue_pings * recommended_slots') }}
        - {{ safe_divide('catalogue_pings + 1', 'catalogue_pings') }} as gini_exposure,
        recommended_slots,
        new_item_slots,
        {{ safe_divide('new_item_slots', 'recommended_slots') }} as new_item_share,
        tail_slots,
        {{ safe_divide('tail_slots', 'recommended_slots') }} as tail_share
    from totals

)

select * from final
