{# What is judged before a build may be published, as {gate: {'warn': variable with the value above which it is said, 'error': variable
   with the value above which the build is red, 'unit': of the value}}; a variable that is null switches its level off. #}
{% macro gates() %}
    {{ return({
        'rejected rows': {
            'warn': 'gate_rejected_share_warn', 'error': 'gate_rejected_share_error', 'unit': 'share',
        },
        'age of the log': {
            'warn': 'gate_age_hours_warn', 'error': 'gate_age_hours_error', 'unit': 'hours',
        },
        'events of the day': {
            'warn': 'gate_missing_share_warn', 'error': 'gate_missing_share_error', 'unit': 'share',
        },
        'change of a metric': {
            'warn': 'gate_metric_change_warn', 'error': 'gate_metric_change_error', 'unit': 'share',
        },
        'vanished files': {
            'warn': 'gate_vanished_files_warn', 'error': 'gate_vanished_files_error', 'unit': 'files',
        },
        'intake warnings': {
            'warn': 'gate_intake_warnings_warn', 'error': 'gate_intake_warnings_error', 'unit': 'warnings',
        },
    }) }}
{% endmacro %}
