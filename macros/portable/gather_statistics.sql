{# Post hook of every model: what the engine needs to know of a new table to plan the next ones well. #}
{% macro gather_statistics() -%}
    {{ adapter.dispatch('gather_statistics', 'pingtop')() }}
{%- endmacro %}

{% macro default__gather_statistics() %}{% endmacro %}

{% macro postgres__gather_statistics() -%}
    {%- if model.config.materialized != 'view' -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
