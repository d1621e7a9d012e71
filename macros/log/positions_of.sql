{# The positions of a name in a list of names, whatever case and blanks around it they have; those that are equal to the letter alone where
   there are any. names: list of names. wanted: the name. #}
{% macro positions_of(names, wanted) %}
    {% set exact, alike = [], [] %}
    {% for name in names %}
        {% if name == wanted %}{% do exact.append(loop.index0) %}{% endif %}
        {% if (name or '') | trim | lower == wanted | trim | lower %}{% do alike.append(loop.index0) %}{% endif %}
    {% endfor %}
    {{ return(alike if exact | length == alike | length else exact + (alike | reject('in', exact) | list)) }}
{% endmacro %}
