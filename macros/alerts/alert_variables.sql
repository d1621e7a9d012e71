{# What the variables of alerts may be, as the rules of check_variables: {name: rule}. #}
{% macro alert_variables() %}
    {{ return({
        'alert_width': {'above': 0},
        'alert_least_change': {'least': 0, 'most': 1},
        'alert_least_points': {'least': 0, 'most': 1},
        'alert_least_events': {'least': 1, 'whole': true},
        'alert_least_days': {'least': 4, 'whole': true, 'most': 50},
        'alert_arrival_hours': {'least': 0},
        'alert_rejected_share': {'least': 0, 'most': 1},
        'alert_second_share': {'least': 0, 'most': 1},
    }) }}
{% endmacro %}
