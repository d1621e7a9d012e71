{# DuckDB only: columns, as in file_parts, for the mapped fields that no object of new JSON files has: JSON leaves out what is empty, and
   an hour without a single like is no mistake. They are null. Only where earlier files of the log were read: in the first ones, and for a
   vital column, a name that is not there is taken for a wrong one.

   table: one of raw_contract. part: of JSON lines files, as in file_parts. #}
{% macro absent_json_columns(table, part) %}
    {% set columns = [] %}
    {% set vital = raw_contract(table) | selectattr('vital') | map(attribute='name') | list %}
    {% if part.mapping and table in ['interactions', 'exposures'] and batch_number() | int > 1 %}
        {% for name, read in part.mapping.columns.items()
            if name not in vital and not positions_of(part.columns | map(attribute='name') | list, read.column) %}
            {% do columns.append({'name': read.column, 'dtype': 'JSON', 'expression': 'cast(null as varchar)'}) %}
        {% endfor %}
    {% endif %}
    {{ return(columns) }}
{% endmacro %}
