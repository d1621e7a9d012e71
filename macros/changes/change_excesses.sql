{# A query that says which values stand out: the rows of metric_changes with reliable_excess and strength, where the change is defined.

   If all values had changed alike, the effect of each would be its share of the change: the excess is what its effect has beyond
   that, and reliable where it is beyond chance: the standard error of the excess, with users as the units that vary, times the deviation
   that the largest of so many values hardly reaches. An excess that comes of not having moved with the others is none.
   strength: the excess in units of what chance may do.

   changes: a CTE with the columns of metric_changes. totals: a CTE with those of int_change_totals, and change. #}
{% macro change_excesses(changes, totals) %}
    select
        *,
        case
            when not is_rest and excess * effect > 0
                then greatest(abs(excess) - deviations * noise, 0)
            else 0
        end as reliable_excess,
        case when not is_rest and excess * effect > 0
            then {{ safe_divide('abs(excess)', 'deviations * noise') }}
        end as strength
    from (
        select
            *,
            effect - (part_before + part_after) / 2 * whole_change as excess,
            sqrt(
                greatest(part_before * (1 - part_before), 0) * variance_before
                + greatest(part_after * (1 - part_after), 0) * variance_after
            ) as noise,
            sqrt(2 * ln(20.0e0 * sum(n_values) over (partition by metric, time_window, dimension)))
                as deviations
        from (
            select
                {{ changes }}.*,
                {{ totals }}.change as whole_change,
                {%- for side in ['before', 'after'] %}
                coalesce({{ changes }}.share_{{ side }}, {{ safe_divide(
                    changes ~ '.numerator_' ~ side, totals ~ '.numerator_' ~ side
                ) }}, 0) as part_{{ side }},
                -- of the rate of the whole, from what its users' numerators are apart from it
                greatest(
                    {{ totals }}.squares_{{ side }}
                    - 2 * {{ totals }}.value_{{ side }} * {{ totals }}.products_{{ side }}
                    + {{ totals }}.value_{{ side }} * {{ totals }}.value_{{ side }}
                    * {{ totals }}.denominator_squares_{{ side }},
                    0
                ) / (cast({{ totals }}.denominator_{{ side }} as {{ type_double() }})
                * {{ totals }}.denominator_{{ side }}) as variance_{{ side }}
                {%- if not loop.last %},{% endif %}
                {%- endfor %}
            from {{ changes }}
            inner join {{ totals }}
                on
                    {{ changes }}.metric = {{ totals }}.metric
                    and {{ changes }}.time_window = {{ totals }}.time_window
            where {{ totals }}.change is not null
        ) as parts
    ) as excesses
{% endmacro %}
