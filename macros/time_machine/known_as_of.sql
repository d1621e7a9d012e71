{# The moment as of which the arrivals of rows are known, as a SQL timestamp; none where all are. #}
{% macro known_as_of() %}
    {% if var('known_as_of') %}
        {{ return("cast('" ~ (var('known_as_of') | string | replace('T', ' ') | replace('Z', '')) ~ "' as timestamp)") }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
