{# A timestamp or date moved by whole days (24 hours each; all timestamps are UTC).

   value: a timestamp expression. days: a number or an integer expression, negative to go back. #}
{% macro add_days(value, days) -%}
    {{ adapter.dispatch('add_days', 'pingtop')(value, days) }}
{%- endmacro %}

{% macro duckdb__add_days(value, days) -%}
    ({{ value }} + to_days(cast({{ days }} as integer)))
{%- endmacro %}

{% macro postgres__add_days(value, days) -%}
    (cast({{ value }} as timestamp) + ({{ days }}) * interval '1 day')
{%- endmacro %}

{% macro spark__add_days(value, days) -%}
    (cast({{ value }} as timestamp) + make_dt_interval(cast({{ days }} as int)))
{%- endmacro %}
