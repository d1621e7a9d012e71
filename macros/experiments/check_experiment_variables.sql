{# Stops the run where experiments_enabled is neither true nor false. No arguments. #}
{% macro check_experiment_variables() %}
    {% if var('experiments_enabled') is not boolean %}
        {% do exceptions.raise_compiler_error(
            "The variable experiments_enabled must be true or false, but is '" ~ var('experiments_enabled')
            ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
