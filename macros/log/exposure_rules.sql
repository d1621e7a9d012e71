{# What makes a raw exposure acceptable; as interaction_rules, over the columns of stg_exposures. #}
{% macro exposure_rules() %}
    {{ return([
        ('row_problem is null', 'row_problem'),
        ('user_id is not null and ping_id is not null', "'missing id'"),
        ('event_timestamp is not null', "'unparseable or missing event timestamp'"),
        (
            'coalesce(dwell_time >= 0 and ' ~ is_finite('dwell_time') ~ ', true)',
            "'negative or non-finite watch time'",
        ),
    ]) }}
{% endmacro %}
