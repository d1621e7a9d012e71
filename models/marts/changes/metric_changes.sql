{{ config(
    materialized=change_materialization(),
    contract={'enforced': not is_explaining()},
) }}

with

change_values as (

    select * from {{ ref('int_change_values') }}

),

totals as (

    select * from {{ ref('int_change_totals') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

effects as (

    {{ change_effects('change_values') | trim }}

),

placed as (

    select
        *,
        row_number() over (
            partition by metric, time_window, dimension
            order by abs(effect) desc nulls last, {{ in_byte_order('attribute') }}
        ) as place
    from effects

),

folded as (

    select
        metric,
        time_window,
        dimension,
        case when place <= {{ var('change_values') }} then attribute else '(rest)' end as attribute,
        place > {{ var('change_values') }} as is_rest,
        cast(count(*) as bigint) as n_values,
        {%- for side in ['before', 'after'] %}
        cast(sum(numerator_{{ side }}) as bigint) as numerator_{{ side }},
        -- all values have the same where it is shared
        cast(case
            when is_shared then max(denominator_{{ side }})
            else sum(denominator_{{ side }})
        end as bigint) as denominator_{{ side }},
        whole_numerator_{{ side }},
        whole_denominator_{{ side }},
        {%- endfor %}
        is_shared
    from placed
    group by
        metric,
        time_window,
        dimension,
        case when place <= {{ var('change_values') }} then attribute else '(rest)' end,
        place > {{ var('change_values') }},
        whole_numerator_before,
        whole_denominator_before,
        whole_numerator_after,
        whole_denominator_after,
        is_shared

),

parted as (

    {{ change_effects('folded') | trim }}

),

final as (

    select
        parted.metric,
        parted.time_window,
        parted.dimension,
        parted.attribute as value,
        case
            when parted.is_rest
                then cast(parted.n_values as {{ dbt.type_string() }}) || ' others'
            when parted.dimension = 'ping' and pings.category is not null
                then parted.attribute || ' (' || pings.category || ')'
            else parted.attribute
        end as value_label,
        parted.is_rest,
        parted.n_values,
        parted.numerator_before,
        parted.denominator_before,
        parted.numerator_after,
        parted.denominator_after,
        parted.rate_before,
        parted.rate_after,
        parted.share_before,
        parted.share_after,
        {% for name in ['rate_effect', 'mix_effect', 'effect'] -%}
        {{ unsigned_zero('parted.' ~ name) }} as {{ name }},
        {% endfor -%}
        {{ unsigned_zero(safe_divide(
            'parted.effect', 'totals.value_after - totals.value_before'
        )) }} as share_of_change,
        parted.denominator_before < {{ var('few_below') }}
        or parted.denominator_after < {{ var('few_below') }} as is_few
    from parted
    inner join totals
        on
            parted.metric = totals.metric
            and parted.time_window = totals.time_window
    left join pings
        on
            parted.dimension = 'ping'
            and not parted.is_rest
            and parted.attribute = pings.ping_id

)

select * from final
