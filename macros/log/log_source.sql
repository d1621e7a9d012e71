{# Which log a warehouse is of, as a text: the absolute path of the raw location, the raw schema, or the project's seeds. Evaluations
   are kept with it, since those of another log say nothing of this one. #}
{% macro log_source() %}
    {% if raw_schema() %}
        {{ return('schema ' ~ ((var('raw_database') ~ '.') if var('raw_database') else '') ~ raw_schema()) }}
    {% endif %}
    {% set root = namespace(path='') %}
    {% for seed in (graph.nodes.values() if execute else []) if seed.resource_type == 'seed' and seed.name == 'event_weights' %}
        {% set root.path = seed.root_path %}
    {% endfor %}
    {% set location = raw_location() %}
    {% if not location and var('raw_mapping') %}
        {{ return('tables of the mapping') }}
    {% elif not location %}
        {{ return('seeds of ' ~ root.path) }}
    {% elif '://' in location %}
        {{ return(location) }}
    {% endif %}
    {% set parts = [] %}
    {% for part in (location if location.startswith('/') else root.path ~ '/' ~ location).split('/') if part not in ['', '.'] %}
        {% if part == '..' %}
            {% do parts.pop() if parts %}
        {% else %}
            {% do parts.append(part) %}
        {% endif %}
    {% endfor %}
    {{ return('/' ~ parts | join('/')) }}
{% endmacro %}
