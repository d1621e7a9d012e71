{# What a run was asked to build, by the options of dbt; none where it was all. #}
{% macro selection_of_run() %}
    {% set words = [] %}
    {% for option in ['selector', 'select', 'exclude'] %}
        {% set value = invocation_args_dict.get(option) %}
        {% if value %}
            {% do words.append('--' ~ option ~ ' ' ~ (value if value is string else value | join(' '))) %}
        {% endif %}
    {% endfor %}
    {% if flags.FULL_REFRESH %}{% do words.append('--full-refresh') %}{% endif %}
    {{ return(words | join(' ') or none) }}
{% endmacro %}
