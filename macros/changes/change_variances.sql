{# What chance may do to a value is counted from these: the rows of metric_changes with, of each side, part (the value's share of what is
   counted, which is of the numerator where the whole denominator is shared), away (how far its rate is from the whole's), variance and
   share_variance (of the whole's value and denominator, by what varies: pings for their ages, users for all else).

   changes, totals: as of change_excesses. #}
{% macro change_variances(changes, totals) %}
    {%- set double = type_double() %}
    select
        {{ changes }}.*,
        {%- for side in ['before', 'after'] %}
        {%- set squared = 'cast(' ~ totals ~ '.denominator_' ~ side ~ ' as ' ~ double ~ ') * '
            ~ totals ~ '.denominator_' ~ side %}
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
        case when {{ changes }}.dimension = 'ping_age'
            then {{ unit_variance(totals, 'ping', side) }}
            else {{ unit_variance(totals, 'user', side) }}
        end as variance_{{ side }},
        case when {{ changes }}.dimension = 'ping_age'
            then {{ totals }}.ping_denominator_squares_{{ side }}
            else {{ totals }}.user_denominator_squares_{{ side }}
        end / ({{ squared }}) as share_variance_{{ side }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ changes }}
    inner join {{ totals }}
        on
            {{ changes }}.metric = {{ totals }}.metric
            and {{ changes }}.time_window = {{ totals }}.time_window
    where {{ totals }}.change is not null
{% endmacro %}
