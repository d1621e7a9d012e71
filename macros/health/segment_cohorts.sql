{# Which cohorts a segment consists of: a select with the columns segment and cohort. Users and events that are in the
   log but not in `users` (cohort unknown) count in the segment `all` only. #}
{% macro segment_cohorts() %}
    {%- for segment, cohort in [
        ('all', 'new'), ('all', 'existing'), ('all', 'unknown'), ('new', 'new'), ('existing', 'existing')
    ] %}
    select '{{ segment }}' as segment, '{{ cohort }}' as cohort
    {%- if not loop.last %} union all {%- endif %}
    {%- endfor %}
{% endmacro %}
