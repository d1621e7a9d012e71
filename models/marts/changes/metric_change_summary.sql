{{ config(
    materialized=change_materialization(),
    contract={'enforced': not is_explaining()},
) }}
{%- set metrics = change_metrics() %}

with

metric_changes as (

    select * from {{ ref('metric_changes') }}

),

totals as (

    select
        *,
        value_after - value_before as change
    from {{ ref('int_change_totals') }}

),

dimensions as (

    select dimension from metric_changes
    {%- for dimension in change_dimensions() %}
    union
    select '{{ dimension.name }}' as dimension
    {%- endfor %}

),

excesses as (

    {{ change_excesses('metric_changes', 'totals') | trim }}

),

placed as (

    select
        *,
        max(strength) over (partition by metric, time_window, dimension) as dimension_strength,
        cast(sum(n_values) over (partition by metric, time_window, dimension) as bigint)
            as dimension_values,
        row_number() over (
            partition by metric, time_window, dimension
            order by
                {{ double_as_decimal('reliable_excess') }} desc,
                {{ double_as_decimal('abs(effect)') }} desc,
                is_rest,
                {{ in_byte_order('value') }}
        ) as place
    from excesses

),

ranked as (

    select
        totals.metric,
        totals.time_window,
        dimensions.dimension,
        cast(row_number() over (
            partition by totals.metric, totals.time_window
            order by
                -- what is equal but for the last digit is equal
                {{ double_as_decimal('placed.reliable_excess') }} desc nulls last,
                {{ double_as_decimal('placed.dimension_strength') }} desc nulls last,
                {{ in_byte_order('dimensions.dimension') }}
        ) as bigint) as dimension_rank,
        totals.numerator_before,
        totals.denominator_before,
        totals.numerator_after,
        totals.denominator_after,
        totals.value_before,
        totals.value_after,
        totals.change,
        coalesce(placed.reliable_excess, 0) as concentration,
        coalesce(placed.dimension_values, 0) as dimension_values,
        placed.value as top_value,
        placed.value_label as top_value_label,
        coalesce(placed.is_rest, false) as top_is_rest,
        placed.rate_before as top_rate_before,
        placed.rate_after as top_rate_after,
        placed.share_before as top_share_before,
        placed.share_after as top_share_after,
        placed.effect as top_effect,
        placed.rate_effect as top_rate_effect,
        placed.mix_effect as top_mix_effect,
        totals.denominator_before < {{ var('few_below') }}
        or totals.denominator_after < {{ var('few_below') }} as is_few,
        totals.is_provisional,
        totals.is_in_log,
        totals.is_in_log and totals.change is not null as is_comparable,
        {%- for column in ['label', 'of'] %}
        case totals.metric
            {%- for metric in metrics %}
            when '{{ metric.name }}' then '{{ metric[column] }}'
            {%- endfor %}
        end as {{ 'of_what' if column == 'of' else column }},
        {%- endfor %}
        totals.metric in (
            {%- for metric in metrics if metric.is_rate %}
            '{{ metric.name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ) as is_rate,
        case
            when greatest(totals.value_before, totals.value_after) >= 10 then 10
            when greatest(totals.value_before, totals.value_after) >= 1 then 100
            else 1000
        end as scale,
        case
            when dimensions.dimension like 'arm: %' then dimensions.dimension
            else replace(dimensions.dimension, '_', ' ')
        end as dimension_label
    from totals
    cross join dimensions
    left join placed
        on
            totals.metric = placed.metric
            and totals.time_window = placed.time_window
            and dimensions.dimension = placed.dimension
            and placed.place = 1
    where
        dimensions.dimension <> 'watch_time'
        or totals.metric in ('watch_through_rate', 'views_per_active_user')

),

labelled as (

    select
        *,
        case when top_is_rest then 'the rest of ' else '' end || dimension_label
        || case when top_is_rest then '' else ' ' || top_value_label end as top_label
    from ranked

),

final as (

    select
        metric,
        time_window,
        dimension,
        dimension_rank,
        value_before,
        value_after,
        change,
        numerator_before,
        denominator_before,
        numerator_after,
        denominator_after,
        concentration,
        dimension_values,
        top_value,
        top_value_label,
        top_is_rest,
        top_rate_before,
        top_rate_after,
        top_share_before,
        top_share_after,
        top_effect,
        top_rate_effect,
        top_mix_effect,
        is_comparable,
        is_few,
        is_provisional,
        {{ change_sentence('labelled') }} as sentence
    from labelled

)

select * from final
