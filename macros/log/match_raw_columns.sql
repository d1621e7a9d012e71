{# Finds the canonical columns among a source's own.

   table: one of raw_contract.
   names: the source's column names, as they came. Case and stray blanks do not matter.
   where: how an error message names the source.
   mapping: how the source is read; none for the names of the contract alone. What it maps is no other column besides.
   Returns {canonical name: [{'position' in names, 'read': of mapped_column}], preferred first}; a constant event type has {'value'}.
   A vital column that is not there stops the run, as does one that the mapping names, and one that is there twice. #}
{% macro match_raw_columns(table, names, where, mapping=none) %}
    {% set matches, mapped = {}, [] %}
    {% set reads = dict(mapping.columns) if mapping else {} %}
    {% if mapping and mapping.event_type and 'column' in mapping.event_type and 'event_type' not in reads %}
        {% do reads.update({'event_type': {'column': mapping.event_type.column}}) %}
    {% endif %}
    {% for column_name, read in reads.items() %}
        {% set positions = positions_of(names, read.column) %}
        {% if not positions %}
            {% do stop_for_mapping(where, "has no column '" ~ read.column ~ "', which the mapping has for " ~ column_name ~ ": "
                ~ nearest_names(read.column, names)) %}
        {% endif %}
        {% do matches.update({column_name: [{'position': positions[0], 'read': read}]}) %}
        {% do mapped.append(positions[0]) %}
    {% endfor %}
    {% for category, column_name in (mapping.affinity_columns if mapping else {}).items() if not positions_of(names, column_name) %}
        {% do stop_for_mapping(where, "has no column '" ~ column_name ~ "', which the mapping has for the category " ~ category ~ ": "
            ~ nearest_names(column_name, names)) %}
    {% endfor %}
    {% for column in raw_contract(table) if column.name not in matches %}
        {% set found = [] %}
        {% for accepted in [column.name] + column.aliases %}
            {% for position in positions_of(names, accepted) if position not in mapped %}
                {% do found.append({'position': position, 'read': {}}) %}
            {% endfor %}
        {% endfor %}
        {% if column.name == 'event_type' and mapping and mapping.event_type and 'value' in mapping.event_type %}
            {% set found = [{'value': mapping.event_type.value}] %}
        {% elif column.name in ['category', 'affinity'] and mapping and mapping.affinity_columns %}
            {% set found = [] %}
        {% elif not found and column.vital %}
            {% do exceptions.raise_compiler_error(
                where ~ " has no column " ~ ([column.name] + column.aliases) | join(' or ')
                ~ " (its columns: " ~ names | join(', ') ~ "): " ~ suggested_column(column.name, names)
            ) %}
        {% endif %}
        {% do matches.update({column.name: found}) %}
    {% endfor %}
    {% for found in matches.values() %}
        {% for match in found if 'position' in match %}{% do check_named_once(names, match.position, where) %}{% endfor %}
    {% endfor %}
    {% for column_name in (mapping.affinity_columns if mapping else {}).values() %}
        {% do check_named_once(names, positions_of(names, column_name)[0], where) %}
    {% endfor %}
    {{ return(matches) }}
{% endmacro %}
