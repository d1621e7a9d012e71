{# The dimensions along which changes are explained, a list of {'name', 'of_users', 'of_views'}.

   of_users: each active user has one value of it, so that its values part the active users; else a user is active with several.
   of_views: it tells views apart, and nothing else. The arms of experiments, which int_change_arms has, are of users. #}
{% macro change_dimensions() %}
    {% set dimensions = [] %}
    {% for name in ['cohort', 'country', 'region', 'user_activity'] %}
        {% do dimensions.append({'name': name, 'of_users': true, 'of_views': false}) %}
    {% endfor %}
    {% for name in ['category', 'creator', 'ping', 'ping_age', 'ping_length', 'hour', 'candidate_reason'] %}
        {% do dimensions.append({'name': name, 'of_users': false, 'of_views': false}) %}
    {% endfor %}
    {% do dimensions.append({'name': 'watch_time', 'of_users': false, 'of_views': true}) %}
    {{ return(dimensions) }}
{% endmacro %}
