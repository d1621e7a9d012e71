{# What one event adds to the engagement of its (user, ping): its weight, times the watch_time_ratio where the weight is
   one per ratio.

   weight, weight_basis: of event_weights. watch_time_ratio: an expression; null counts 0. #}
{% macro event_score(weight, weight_basis, watch_time_ratio) -%}
    case
        when {{ weight_basis }} = 'event' then {{ weight }}
        else {{ weight }} * coalesce({{ watch_time_ratio }}, 0)
    end
{%- endmacro %}
