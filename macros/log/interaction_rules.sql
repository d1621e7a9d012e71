{# What makes a raw interaction acceptable, as [(condition that a good row meets, reason to reject one that does not)], the first
   broken one being the reason. The conditions are never null; they are over the columns of stg_interactions and its keys. #}
{% macro interaction_rules() %}
    {{ return([
        ('row_problem is null', 'row_problem'),
        ('user_id is not null and ping_id is not null', "'missing id'"),
        ('event_type_key is not null', "'unknown event type'"),
        ('event_timestamp is not null', "'unparseable or missing event timestamp'"),
        (
            'coalesce(watch_time_sec >= 0 and ' ~ is_finite('watch_time_sec') ~ ', true)',
            "'negative or non-finite watch time'",
        ),
    ]) }}
{% endmacro %}
