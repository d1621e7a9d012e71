{{ config(
    materialized=change_materialization(),
    contract={'enforced': not is_explaining()},
) }}
{%- set metrics = change_metrics() %}
{%- set rates = metrics | selectattr('is_rate') | map(attribute='name') | list %}
{%- set whole = [
    'numerator_before', 'denominator_before', 'numerator_after', 'denominator_after'
] %}
{%- set own = [
    'rate_before', 'rate_after', 'share_before', 'share_after', 'effect', 'rate_effect',
    'mix_effect',
] %}

with

metric_changes as (

    select * from {{ ref('metric_changes') }}

),

totals as (

    select
        change_totals.*,
        change_totals.value_after - change_totals.value_before as change,
        {{ change_standard_error('change_totals') }} as standard_error
    from {{ ref('int_change_totals') }} as change_totals

),

dimensions as (
    {{ change_dimension_names() | trim }}
),

-- all dimensions, whatever has events, and the arms of experiments
explained as (

    select
        totals.metric,
        totals.time_window,
        dimensions.dimension
    from totals
    cross join dimensions
    where
        dimensions.dimension <> 'watch_time'
        or totals.metric in ({{ text_list(metrics_of_views()) }})
    union
    select
        metric,
        time_window,
        dimension
    from metric_changes

),

placed as (

    {{ placed_excesses('metric_changes', 'totals') | trim }}

),

ranked as (

    select
        totals.metric,
        totals.time_window,
        explained.dimension,
        cast(row_number() over (
            partition by totals.metric, totals.time_window
            order by
                -- what is equal but for the last digit is equal
                {{ double_as_decimal('placed.reliable_excess') }} desc nulls last,
                {{ double_as_decimal('placed.dimension_strength') }} desc nulls last,
                {{ in_byte_order('explained.dimension') }}
        ) as bigint) as dimension_rank,
        {% for name in whole -%}
        totals.{{ name }},
        {% endfor -%}
        totals.value_before,
        totals.value_after,
        totals.change,
        totals.standard_error,
        coalesce(placed.reliable_excess, 0) as concentration,
        coalesce(placed.dimension_values, 0) as dimension_values,
        placed.value as top_value,
        placed.value_label as top_value_label,
        {% for name in own -%}
        placed.{{ name }} as top_{{ name }},
        {% endfor -%}
        least(
            totals.denominator_before, totals.denominator_after,
            totals.user_units_before, totals.user_units_after
        ) < {{ var('few_below') }} as is_few,
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
        totals.metric in ({{ text_list(rates) }}) as is_rate,
        case
            when greatest(totals.value_before, totals.value_after) >= 10 then 10
            when greatest(totals.value_before, totals.value_after) >= 1 then 100
            else 1000
        end as scale,
        case
            when explained.dimension like 'arm: %' then explained.dimension
            else replace(explained.dimension, '_', ' ')
        end as dimension_label
    from explained
    inner join totals
        on
            explained.metric = totals.metric
            and explained.time_window = totals.time_window
    left join placed
        on
            explained.metric = placed.metric
            and explained.time_window = placed.time_window
            and explained.dimension = placed.dimension
            and placed.place = 1

),

worded as (

    select
        *,
        {{ change_texts('ranked') | trim }}
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
        standard_error,
        {% for name in whole -%}
        {{ name }},
        {% endfor -%}
        concentration,
        dimension_values,
        top_value,
        top_value_label,
        {% for name in own -%}
        top_{{ name }},
        {% endfor -%}
        is_comparable,
        is_few,
        is_provisional,
        {{ change_sentence('worded') }} as sentence
    from worded

)

select * from final
