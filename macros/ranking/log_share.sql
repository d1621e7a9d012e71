{# How many times the catalogue's mean a ping has of something, as a logarithm, finite for a ping with nothing of it.

   value: what the ping has. total: what the catalogue has. n_pings: pings of the catalogue. All are expressions. #}
{% macro log_share(value, total, n_pings) -%}
    ln(({{ value }} + 0.3) / ({{ total }} + 0.3 * {{ n_pings }}) * {{ n_pings }})
{%- endmacro %}
