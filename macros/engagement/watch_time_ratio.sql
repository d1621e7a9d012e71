{# Seconds watched over the length of the video, for views; null for other events, and ratio_without_watch_time for a view without a
   watch time: 0 by default.

   The seconds count as counted_watch_time says. Not capped unless the variable watch_time_ratio_cap is set: a loop exceeds 1. All
   arguments are expressions; duration_sec is above 0. #}
{% macro watch_time_ratio(is_view, watch_time_sec, duration_sec) -%}
    {%- set without = var('ratio_without_watch_time') -%}
    {%- set ratio = "coalesce(" ~ counted_watch_time(watch_time_sec) ~ ", 0) / " ~ duration_sec if without == 0
        else "coalesce(" ~ counted_watch_time(watch_time_sec) ~ " / " ~ duration_sec ~ ", " ~ without ~ ")" -%}
    {%- set cap = var('watch_time_ratio_cap') -%}
    case
        when {{ is_view }}
            then {{ "least(" ~ ratio ~ ", cast(" ~ cap ~ " as " ~ type_double() ~ "))" if cap is not none else ratio }}
    end
{%- endmacro %}
