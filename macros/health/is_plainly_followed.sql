{# Whether what follows the impressions of a pair is told by its first and last timestamps: a condition over the columns of
   int_user_pings.

   Nearly all pairs have one or two impressions and no engagement before the last of them: what comes next is then the
   first engagement of the pair, and the first view. #}
{% macro is_plainly_followed() -%}
    (
        n_impressions <= 2
        and coalesce(last_impression_timestamp <= first_engagement_timestamp, true)
    )
{%- endmacro %}
