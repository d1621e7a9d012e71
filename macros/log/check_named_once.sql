{# Stops the run where a column that is read stands more than once among a source's own, by the same name: which one is meant is not known.

   names: the source's column names. position: of the column that is read. where: how an error message names the source. #}
{% macro check_named_once(names, position, where) %}
    {% set count = names | select('equalto', names[position]) | list | length %}
    {% if count > 1 %}
        {% do exceptions.raise_compiler_error(
            where ~ " has " ~ count ~ " columns '" ~ names[position] ~ "', of which one is to be read: rename or remove the others."
        ) %}
    {% endif %}
{% endmacro %}
