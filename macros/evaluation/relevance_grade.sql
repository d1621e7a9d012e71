{# How relevant one event makes its (user, ping) pair: the grade of its type or, where that is more, the one that a view has by its
   watch_time_ratio (1 from watch_through_ratio on, 0.5 from high_engagement_ratio on); 0 for everything else.

   All arguments are expressions; type_grade is relevance_grade of event_weights. #}
{% macro relevance_grade(is_view, watch_time_ratio, type_grade) -%}
    greatest(
        case
            when {{ is_view }} and {{ is_watched_through(watch_time_ratio) }} then cast(1 as {{ type_double() }})
            when {{ is_view }} and {{ reaches(watch_time_ratio, var('high_engagement_ratio')) }}
                then cast(0.5 as {{ type_double() }})
            else cast(0 as {{ type_double() }})
        end,
        cast({{ type_grade }} as {{ type_double() }})
    )
{%- endmacro %}
