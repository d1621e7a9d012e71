{# What chance may do to a value is counted from these: the rows of metric_changes with n_units (how many users, or for ping_age pings, the
   metric is of, on the side that has fewer) and, of each side, part (the value's share of what is counted, which is of the numerator where
   the whole denominator is shared), away (how far its rate is from the whole's), variance and share_variance (of the whole's value and
   denominator, by what varies: pings for their ages, users for all else; 0 where it is not known, as n_units says).

   changes, totals: as of change_excesses. #}
{% macro change_variances(changes, totals) %}
    {%- set of_pings = changes ~ ".dimension = 'ping_age'" %}
    select
        {{ changes }}.*,
        {%- for side in ['before', 'after'] %}
        coalesce({{ changes }}.share_{{ side }}, {{ safe_divide(
            changes ~ '.numerator_' ~ side, totals ~ '.numerator_' ~ side
        ) }}, 0) as part_{{ side }},
        case
            when {{ changes }}.share_{{ side }} > 0 then
                {{ changes }}.rate_{{ side }}
                - ({{ totals }}.value_before + {{ totals }}.value_after) / 2
            else 0
        end as away_{{ side }},
        -- pings move from one age to the next, with all that they are
        coalesce(case when {{ of_pings }}
            then {{ unit_variance(totals, 'ping', side) }}
            else {{ unit_variance(totals, 'user', side) }}
        end, 0) as variance_{{ side }},
        coalesce(case when {{ of_pings }}
            then {{ safe_divide(totals ~ '.ping_denominator_squares_' ~ side, unit_scale(totals, 'ping', side)) }}
            else {{ safe_divide(totals ~ '.user_denominator_squares_' ~ side, unit_scale(totals, 'user', side)) }}
        end, 0) as share_variance_{{ side }},
        {%- endfor %}
        case when {{ of_pings }}
            then least({{ totals }}.ping_units_before, {{ totals }}.ping_units_after)
            else least({{ totals }}.user_units_before, {{ totals }}.user_units_after)
        end as n_units
    from {{ changes }}
    inner join {{ totals }}
        on
            {{ changes }}.metric = {{ totals }}.metric
            and {{ changes }}.time_window = {{ totals }}.time_window
    where {{ totals }}.change is not null
{% endmacro %}
