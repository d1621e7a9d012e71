{# A select of the own features of users or pings that the two towers learn from: cutoff_key, the key of the thing, and own_user_… or
   own_ping_… columns. A row of them is left out at a cutoff by which it had not arrived, as in own_joins.

   table: users or pings, of which own features are named. #}
{% macro tower_own_features(table) %}
    {%- set thing = table[:-1] -%}
    select
        {%- for column in own_columns(table) %}
        own.{{ thing }}_{{ column.feature }} as own_{{ thing }}_{{ column.feature }},
        {%- endfor %}
        cutoffs.cutoff_key,
        own.{{ thing }}_key
    from {{ ref('int_own_' ~ thing ~ '_features') }} as own
    inner join {{ ref('int_ranking_cutoffs') }} as cutoffs
        on
            cutoffs.is_serving
            or coalesce({{ time_bin('own.loaded_at', 3600) }} < cutoffs.cutoff_hour, true)
{% endmacro %}
