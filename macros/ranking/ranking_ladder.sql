{# The horizons that ranking_horizon_hours: auto chooses from, in hours, the shortest first: a day, three, a week, and from there on
   twice as long each, up to two and a half years. No arguments. #}
{% macro ranking_ladder() %}
    {{ return([24, 72, 168, 336, 672, 1344, 2688, 5376, 10752, 21504]) }}
{% endmacro %}
