{# What copies of one row of a log have in common, as a list of expressions: interactions are the same by their event_id or, without
   one, by all of their values; exposures by all of their values.

   log: interactions or exposures, whose columns int_interactions and int_exposures have. #}
{% macro copy_identity(log) %}
    {% set values = ['user_key', 'ping_key', 'event_timestamp'] %}
    {% if log == 'exposures' %}
        {% for name in exposure_counts() %}{% do values.append(name ~ '_count') %}{% endfor %}
        {{ return(values + ['dwell_time']) }}
    {% endif %}
    {% set identity = ["outcome = 'after_as_of'", 'event_id'] %}
    {% for value in values + ['event_type_key', 'watch_time_sec'] %}
        {% do identity.append('case when event_id is null then ' ~ value ~ ' end') %}
    {% endfor %}
    {{ return(identity) }}
{% endmacro %}
