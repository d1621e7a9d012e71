{# Stops the run where a format of a mapping is none of strptime. What of it PostgreSQL and Spark read, formatted_timestamp says.

   format: what the mapping has. where: of stop_for_mapping. #}
{% macro check_format(format, where) %}
    {% set pieces = modules.re.findall('%(-?.?)', format | string) %}
    {% if format is not string or not pieces %}
        {% do stop_for_mapping(where, "has the format '" ~ format ~ "', which must say what stands where, such as %d/%m/%Y %H:%M:%S") %}
    {% endif %}
    {% for piece in pieces if not modules.re.fullmatch('[aAwdbBmyYHIpMSfzZjUWcxXGuVgnT%]|-[dmyHIMSj]', piece) %}
        {% do stop_for_mapping(
            where, "has %" ~ piece ~ " in the format '" ~ format ~ "', which is not known: use those of strptime, such as %d/%m/%Y %H:%M:%S"
        ) %}
    {% endfor %}
{% endmacro %}
