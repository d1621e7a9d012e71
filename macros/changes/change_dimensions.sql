{# The dimensions along which changes are explained, {name: whether it parts the users}: each active user has one value of those that do,
   and is active with several of the others. The arms of experiments, which part users, are in int_change_user_values. #}
{% macro change_dimensions() %}
    {% set dimensions = {} %}
    {% for name in ['cohort', 'country', 'region', 'user_activity'] %}{% do dimensions.update({name: true}) %}{% endfor %}
    {% for name in [
        'category', 'creator', 'ping', 'ping_age', 'ping_length', 'hour', 'candidate_reason', 'watch_time'
    ] %}{% do dimensions.update({name: false}) %}{% endfor %}
    {{ return(dimensions) }}
{% endmacro %}
