{# The rows of change_excesses with their place among the values of their dimension, and two numbers of the dimension: dimension_strength, the
   largest strength, and dimension_values, how many values it has.

   changes, totals: as of change_excesses. #}
{% macro placed_excesses(changes, totals) %}
    select
        *,
        max(strength) over (partition by metric, time_window, dimension) as dimension_strength,
        cast(sum(n_values) over (partition by metric, time_window, dimension) as bigint)
            as dimension_values,
        -- what is equal but for the last digit is equal
        row_number() over (
            partition by metric, time_window, dimension
            order by
                {{ double_as_decimal('reliable_excess') }} desc,
                -- the sum of all others is no value that could be looked at
                is_rest,
                {{ double_as_decimal('abs(effect)') }} desc,
                {{ in_byte_order('value') }}
        ) as place
    from ({{ change_excesses(changes, totals) | trim }}) as excesses
{% endmacro %}
