{# The names of a source's columns that a mapping has for those of the contract, each once. mapping: of the source; none. #}
{% macro mapped_names(mapping) %}
    {{ return(((mapping.columns.values() | map(attribute='column') | list if mapping else [])
        + ([mapping.event_type.column] if mapping and mapping.event_type and 'column' in mapping.event_type else [])) | unique | list) }}
{% endmacro %}
