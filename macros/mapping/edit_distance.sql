{# How many letters must be put in, taken out or changed to make one text of another (Levenshtein 1966). left, right: short texts. #}
{% macro edit_distance(left, right) %}
    {% set row = namespace(last=range(right | length + 1) | list) %}
    {% for letter in left %}
        {% set current = [loop.index] %}
        {% for other in right %}
            {% do current.append([
                row.last[loop.index] + 1, current[loop.index0] + 1, row.last[loop.index0] + (0 if letter == other else 1)
            ] | min) %}
        {% endfor %}
        {% set row.last = current %}
    {% endfor %}
    {{ return(row.last[-1]) }}
{% endmacro %}
