{# A query that says which values stand out: the rows of metric_changes with reliable_excess and strength, where the change is defined.

   Two things may stand out of a value, and are added: the effects of its rate and of its share, each from what it were if all traffic had
   its part of that effect, so that a coarser value that only contains the culprit has less left. What it moved by less than others is
   none of its doing. Each counts where it is beyond what chance makes of the largest of so many values, and of their sum what is beyond one
   standard error. Where the metric is of fewer than few_below users (or pings), what chance may do is not known, and nothing counts.
   strength: the larger of both in units of what chance may do.

   changes: a CTE with the columns of metric_changes. totals: a CTE with those of int_change_totals, and change. #}
{% macro change_excesses(changes, totals) %}
    {#- added up in one order, or the last bit is another in every build -#}
    {%- set in_order = 'partition by metric, time_window, dimension order by is_rest, value'
        ~ ' rows between unbounded preceding and unbounded following' %}
    select
        *,
        greatest(abs(
            {%- for part in ['rate', 'mix'] %}
            case
                when
                    n_units >= {{ [var('few_below') | int, 2] | max }}
                    -- the last digits of a sum are not an excess
                    and abs({{ part }}_excess) > deviations * {{ part }}_noise + 1e-9
                    then {{ part }}_excess
                else 0
            end
            {%- if not loop.last %} + {% endif %}
            {%- endfor %}
        ) - noise, 0) as reliable_excess,
        least(greatest(
            coalesce({{ safe_divide('abs(rate_excess)', 'deviations * rate_noise') }}, 0),
            coalesce({{ safe_divide('abs(mix_excess)', 'deviations * mix_noise') }}, 0)
        ), 1e6) as strength
    from (
        select
            *,
            {%- for part in ['rate', 'mix'] %}
            case
                when is_rest or {{ part }}_beyond * {{ part }}_effect <= 0 then 0
                when {{ part }}_effect > 0 then least({{ part }}_beyond, {{ part }}_effect)
                else greatest({{ part }}_beyond, {{ part }}_effect)
            end as {{ part }}_excess,
            {%- endfor %}
            -- a value with hardly any traffic on a side has a rate there that is hardly known
            case
                when share_before is null then sqrt(
                    part_before * (1 - part_before) * variance_before
                    + part_after * (1 - part_after) * variance_after
                )
                -- others, of whose sum it has its part, may have rates that are known far less
                else sqrt(
                    (1 - mean_part) * (1 - mean_part) * rate_variance
                    + mean_part * mean_part * greatest(rate_variances - rate_variance, 0)
                )
            end as rate_noise,
            -- of a product: the share's change times how far the rate is from the whole's
            sqrt(
                gap * gap * (
                    part_before * (1 - part_before) * share_variance_before
                    + part_after * (1 - part_after) * share_variance_after
                )
                + (part_after - part_before) * (part_after - part_before) / 4 * (
                    coalesce({{ safe_divide('(1 - part_before) * variance_before', 'part_before') }}, 0)
                    + coalesce({{ safe_divide('(1 - part_after) * variance_after', 'part_after') }}, 0)
                )
            ) as mix_noise,
            sqrt(
                {%- for side in ['before', 'after'] %}
                part_{{ side }} * (1 - part_{{ side }}) * (
                    variance_{{ side }} + away_{{ side }} * away_{{ side }} * share_variance_{{ side }}
                )
                {%- if not loop.last %} + {% endif %}
                {%- endfor %}
            ) as noise,
            sqrt(2 * ln(20.0e0 * n_dimension_values)) as deviations
        from (
            select
                *,
                {%- for part in ['rate', 'mix'] %}
                {{ part }}_effect - mean_part * sum({{ part }}_effect) over ({{ in_order }})
                    as {{ part }}_beyond,
                {%- endfor %}
                sum(rate_variance) over ({{ in_order }}) as rate_variances,
                coalesce({{ safe_divide('mix_effect', 'part_after - part_before') }}, 0) as gap,
                sum(n_values) over (partition by metric, time_window, dimension)
                    as n_dimension_values
            from (
                select
                    *,
                    (part_before + part_after) / 2 * ((part_before + part_after) / 2) * (
                        coalesce({{ safe_divide('variance_before', 'part_before') }}, 0)
                        + coalesce({{ safe_divide('variance_after', 'part_after') }}, 0)
                    ) as rate_variance,
                    (part_before + part_after) / 2 as mean_part
                from ({{ change_variances(changes, totals) | trim }}) as varied
            ) as parts
        ) as gaps
    ) as excesses
{% endmacro %}
