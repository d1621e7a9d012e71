{# What makes a raw interaction acceptable, as [(condition that a good row meets, reason to reject one that does not, kind)],
   the first broken one being the reason. Kind: 'values' or 'names'; names need a look at ids and event types only.

   The conditions are never null. They are over the columns of typed_interactions and is_known_event_type. #}
{% macro interaction_rules() %}
    {{ return([
        ('row_problem is null', 'row_problem', 'values'),
        ('user_id is not null and ping_id is not null', "'missing id'", 'names'),
        ('is_known_event_type', "'unknown event type'", 'names'),
        ('event_timestamp is not null', "'unparseable or missing event timestamp'", 'values'),
        (
            'coalesce(watch_time_sec >= 0 and ' ~ is_finite('watch_time_sec') ~ ', true)',
            "'negative or non-finite watch time'",
            'values',
        ),
    ]) }}
{% endmacro %}
