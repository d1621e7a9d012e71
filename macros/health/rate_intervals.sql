{# The bounds of rates, as columns `<rate>_low` and `<rate>_high` (see wilson).

   rates: {name of the rate: (numerator, denominator)}, expressions of counts. #}
{% macro rate_intervals(rates) %}
    {%- for name, counts in rates.items() %}
    {{ wilson(counts[0], counts[1], 'low') }} as {{ name }}_low,
    {{ wilson(counts[0], counts[1], 'high') }} as {{ name }}_high
    {{- ',' if not loop.last }}
    {%- endfor %}
{% endmacro %}
