{# The number of the time bin that sessions are found by: bins of half the timeout, so that events of one bin always belong
   to one session.

   value: a timestamp expression. #}
{% macro session_time_bin(value) -%}
    {{ time_bin(value, var('session_timeout_minutes') * 30) }}
{%- endmacro %}
