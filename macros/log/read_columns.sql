{# The columns of a part and which one of the contract each is read as, none where it is not used: [(name, column of the contract)].

   table: one of raw_contract. part: of file_parts. An object that is used by a field inside of it counts as used. #}
{% macro read_columns(table, part) %}
    {% set names = part.columns | map(attribute='name') | list %}
    {% set matches = match_raw_columns(table, names, part.where, part.mapping) %}
    {% set read_as, used, rows = {}, [], [] %}
    {% for contract_column, found in matches.items() %}
        {% for match in found if 'position' in match %}{% do read_as.update({match.position: contract_column}) %}{% endfor %}
    {% endfor %}
    {% for name in (part.mapping.affinity_columns.values() if part.mapping else []) %}
        {% do read_as.update({positions_of(names, name)[0]: 'affinity'}) %}
    {% endfor %}
    {% for position in read_as %}{% do used.append(names[position]) %}{% endfor %}
    {% for name in names if name != 'raw_row_number' %}
        {% set inside = namespace(count=0) %}
        {% for other in used if other.startswith(name ~ '.') %}{% set inside.count = 1 %}{% endfor %}
        {% if loop.index0 in read_as or not inside.count %}
            {% do rows.append((name, read_as.get(names.index(name)) if name in used else none)) %}
        {% endif %}
    {% endfor %}
    {#- what the mapping gives to all rows is not missing -#}
    {% if part.mapping and part.mapping.affinity_columns %}{% do rows.append(('(all rows)', 'category')) %}{% endif %}
    {% for contract_column, found in matches.items() %}
        {% for match in found if 'value' in match %}{% do rows.append(('(all rows)', contract_column)) %}{% endfor %}
    {% endfor %}
    {{ return(rows) }}
{% endmacro %}
