{# The event types of a log under Pingtop's names. given: the expression of the type in the log. names: {name in the log, as plain_name: type};
   a type that has no name here stays as it is, as does one that is ignored. #}
{% macro mapped_event_types(given, names) -%}
    case {{ plain_event_type(given) }}
        {%- for name, event_type in names.items() if event_type != 'ignore' %}
        when {{ sql_text(name) }} then {{ sql_text(event_type) }}
        {%- endfor %}
        {%- if names.values() | reject('equalto', 'ignore') | list | length == 0 %}
        when '' then null
        {%- endif %}
        else {{ given }}
    end
{%- endmacro %}
