{# How relevant one event makes its (user, ping) pair: the grade of its type, for views by the watch_time_ratio
   (1 from watch_through_ratio on, 0.5 from high_engagement_ratio on); 0 for everything else.

   All arguments are expressions; type_grade is relevance_grade of event_weights. #}
{% macro relevance_grade(event_type, watch_time_ratio, type_grade) -%}
    case
        when {{ event_type }} = 'view' and {{ is_watched_through(watch_time_ratio) }} then 1.0
        when {{ event_type }} = 'view' and {{ watch_time_ratio }} >= {{ var('high_engagement_ratio') }} then 0.5
        else cast({{ type_grade }} as {{ type_double() }})
    end
{%- endmacro %}
