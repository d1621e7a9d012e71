{# How a source of a mapping says the type of its events: none, {'value': one type for all of its rows}, or {'column', 'names'} with
   {name in the log, as plain_name: event type}. The type `ignore` says that such rows are no events.

   given: what the mapping has. where: how an error names the source. #}
{% macro mapped_event_type(given, where) %}
    {% if given is none %}
        {{ return(none) }}
    {% elif given is string and given %}
        {{ return({'value': given}) }}
    {% elif given is not mapping or given.get('names', {}) is not mapping or given.get('column', 'x') is not string %}
        {% do stop_for_mapping(where, "must have as event_type one type, or {column: …, names: {name in the log: type}}") %}
    {% endif %}
    {% for key in given %}
        {% do check_name(key, ['column', 'names'], where, 'name') %}
    {% endfor %}
    {% set names = {} %}
    {% for name, event_type in given.get('names', {}).items() %}
        {% if plain_name(name) in names %}
            {% do stop_for_mapping(where, "names the event type '" ~ name ~ "' twice") %}
        {% endif %}
        {% do names.update({plain_name(name): event_type | string}) %}
    {% endfor %}
    {{ return({'column': given.get('column', 'event_type'), 'names': names}) }}
{% endmacro %}
