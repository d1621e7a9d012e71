{# Run hook, part of check_variables: stops a run whose schema_prefix would be no plain part of a name in SQL. #}
{% macro check_schema_prefix() %}
    {% if not modules.re.fullmatch('([a-z][a-z0-9_]*)?', var('schema_prefix') | string) %}
        {% do exceptions.raise_compiler_error(
            "The variable schema_prefix is '" ~ var('schema_prefix') ~ "', but must be small letters, digits and _, such as trial_."
        ) %}
    {% endif %}
{% endmacro %}
