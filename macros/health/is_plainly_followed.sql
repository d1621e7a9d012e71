{# Whether what follows the impressions of a pair is told by its first and last timestamps: a condition over the columns of
   int_user_pings.

   Nearly all pairs have one or two impressions and no engagement or view before the last of them: what comes next is then
   the first engagement of the pair, and the first view (which is looked at by itself, as event_weights may not count it as
   an engagement). #}
{% macro is_plainly_followed() -%}
    (
        n_impressions <= 2
        and coalesce(last_impression_timestamp <= first_engagement_timestamp, true)
        and coalesce(last_impression_timestamp <= first_view_timestamp, true)
    )
{%- endmacro %}
