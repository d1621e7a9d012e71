{# The names that are most like one that is not there, as the words "did you mean … or …?" and all that there are.

   name: the name. known: list of names. #}
{% macro nearest_names(name, known) %}
    {% set wanted = plain_name(name) %}
    {% set near = [] %}
    {% for candidate in known %}
        {% set plain = plain_name(candidate) %}
        {% set distance = edit_distance(wanted, plain) %}
        {% set longest = [wanted | length, plain | length] | max %}
        {% if plain and wanted and (distance * 3 <= longest or plain in wanted or wanted in plain) %}
            {% do near.append({'name': candidate, 'distance': distance}) %}
        {% endif %}
    {% endfor %}
    {% set nearest = (near | sort(attribute='distance') | map(attribute='name') | list)[:3] %}
    {{ return(
        ("did you mean " ~ nearest | join(' or ') ~ "? There are " if nearest else "there are ")
        ~ (known[:30] | join(', ') or 'none') ~ (" and " ~ (known | length - 30) ~ " more" if known | length > 30 else "")
    ) }}
{% endmacro %}
