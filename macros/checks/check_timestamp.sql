{# Stops the run where a variable is neither empty nor a timestamp that exists.

   name, value: the variable, such as 2024-02-13 or 2024-02-13 16:00:00. #}
{% macro check_timestamp(name, value) %}
    {% set text = (value if value is not none else '') | string %}
    {% set pattern = '^(\\d{4})-(\\d{2})-(\\d{2})([ T]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,6})?)?Z?)?$' %}
    {% set match = modules.re.match(pattern, text) %}
    {% set valid = namespace(value=(text == '')) %}
    {% if match %}
        {% set year, month, day = match.group(1) | int, match.group(2) | int, match.group(3) | int %}
        {% set is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) %}
        {% set days = [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] %}
        {% set valid.value = year >= 1000 and 1 <= month <= 12 and 1 <= day <= days[month - 1] %}
    {% endif %}
    {% if not valid.value %}
        {% do exceptions.raise_compiler_error(
            "The variable " ~ name ~ " must be a UTC timestamp such as '2024-02-13' or '2024-02-13 16:00:00', but is '"
            ~ text ~ "': correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
