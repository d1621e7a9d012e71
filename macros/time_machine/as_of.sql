{# The moment that the warehouse is rewound to, as a SQL timestamp; none where it is not rewound. #}
{% macro as_of() %}
    {% if var('as_of') %}
        {{ return("cast('" ~ (var('as_of') | string | replace('T', ' ') | replace('Z', '')) ~ "' as timestamp)") }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}
