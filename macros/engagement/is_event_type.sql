{# Whether a row of event_weights is of one of the types that Pingtop knows by name: a boolean expression. A view is also each type whose
   weight counts times the watch time ratio, whatever it is called.

   event_weights: a relation with event_type and weight_basis of stg_event_weights. event_type: such as view. #}
{% macro is_event_type(event_weights, event_type) -%}
    {%- set is_named = plain_event_type(event_weights ~ '.event_type') ~ " = '" ~ event_type | replace('_', '') ~ "'" -%}
    {%- if event_type == 'view' -%}
        ({{ is_named }} or coalesce({{ event_weights }}.weight_basis = 'watch_time_ratio', false))
    {%- else -%}
        {{ is_named }}
    {%- endif -%}
{%- endmacro %}
