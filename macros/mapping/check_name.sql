{# Stops the run where a mapping has a name that is not known, with the nearest ones that are.

   name: the name. known: list of names. where: of stop_for_mapping. kind: what it is a name of, such as column. #}
{% macro check_name(name, known, where, kind) %}
    {% if name not in known %}
        {% do stop_for_mapping(where, "has the " ~ kind ~ " '" ~ name ~ "', which is not known: " ~ nearest_names(name, known)) %}
    {% endif %}
{% endmacro %}
