{# A query that parts a change: the rows of a relation with rate_before, rate_after, share_before, share_after, effect, mix_effect, rate_effect.

   The change of the whole's rate R is the sum of what each value's contribution to it became, effect = (c1 - c0) - (w1 - w0) x the mean
   of R, where c is a value's numerator and w its denominator, divided by the denominator of the whole. It is parted by the means of both sides
   (Kitagawa 1955), so that to swap these only changes signs: mix_effect = (w1 - w0) x (the mean of its rate - the mean of R), and
   rate_effect = (r1 - r0) x the mean of w. Its rate on a side where it is not there is that of the whole. Numerators without a
   denominator have no rate: there, the rate effect is what remains of the effect.

   values: a CTE with numerator and denominator, whole_numerator and whole_denominator, _before and _after, and is_shared: the
   denominator is the whole's for every value, so that there are no shares, and the effect is the contribution's change. #}
{% macro change_effects(values) %}
    select
        *,
        case
            when is_shared then effect
            when
                (denominator_before = 0 and numerator_before > 0)
                or (denominator_after = 0 and numerator_after > 0)
                then effect - mix_effect
            else
                (coalesce(rate_after, whole_after) - coalesce(rate_before, whole_before))
                * ((share_before + share_after) / 2)
        end as rate_effect
    from (
        select
            *,
            case
                when is_shared then contribution_after - contribution_before
                else
                    contribution_after - contribution_before
                    - (share_after - share_before) * ((whole_before + whole_after) / 2)
            end as effect,
            case
                when is_shared then 0 * (whole_before + whole_after)
                else
                    (share_after - share_before)
                    * (
                        (coalesce(rate_before, whole_before) + coalesce(rate_after, whole_after)) / 2
                        - (whole_before + whole_after) / 2
                    )
            end as mix_effect
        from (
            select
                *,
                {%- for side in ['before', 'after'] %}
                {%- set whole = 'whole_denominator_' ~ side %}
                {{ safe_divide('numerator_' ~ side, 'denominator_' ~ side) }} as rate_{{ side }},
                case
                    when not is_shared then {{ safe_divide('denominator_' ~ side, whole) }}
                end as share_{{ side }},
                {{ safe_divide('numerator_' ~ side, whole) }} as contribution_{{ side }},
                {{ safe_divide('whole_numerator_' ~ side, whole) }} as whole_{{ side }}
                {%- if not loop.last %},{% endif %}
                {%- endfor %}
            from {{ values }}
        ) as rates
    ) as effects
{% endmacro %}
