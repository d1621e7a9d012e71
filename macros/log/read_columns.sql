{# The columns of a part and which one of the contract each is read as, none where it is not used: [(name, column of the contract)].

   table: one of raw_contract. part: of file_parts. An object is read as what a field inside of it is; what a mapping says of all rows is
   a column, too; a further column that is a feature of the ranking is read as itself, unless with_own is false. #}
{% macro read_columns(table, part, with_own=true) %}
    {% set names = part.columns | map(attribute='name') | list %}
    {% set matches = match_raw_columns(table, names, part.where, part.mapping) %}
    {% set affinity_columns = part.mapping.affinity_columns if part.mapping else {} %}
    {% set read_as, inside, rows = {}, {}, [] %}
    {% for contract_column, found in matches.items() %}
        {% for match in found if 'position' in match %}{% do read_as.update({names[match.position]: contract_column}) %}{% endfor %}
    {% endfor %}
    {% for name in affinity_columns.values() %}
        {% do read_as.update({names[positions_of(names, name)[0]]: 'affinity'}) %}
    {% endfor %}
    {% for name, contract_column in read_as.items() %}
        {% for part_of_name in name.split('.')[:-1] %}
            {% do inside.update({name.split('.')[:loop.index] | join('.'): contract_column}) %}
        {% endfor %}
    {% endfor %}
    {% for name in names if name != 'raw_row_number' %}
        {% do rows.append((name, read_as.get(name, inside.get(name)))) %}
    {% endfor %}
    {% for contract_column, found in matches.items()
        if found | selectattr('value', 'defined') | list or (contract_column == 'category' and affinity_columns) %}
        {% do rows.append(('(all rows)', contract_column)) %}
    {% endfor %}
    {#- what the mapping gives to all rows is not missing -#}
    {% if part.mapping and part.mapping.affinity_columns %}{% do rows.append(('(all rows)', 'category')) %}{% endif %}
    {% for contract_column, found in matches.items() %}
        {% for match in found if 'value' in match %}{% do rows.append(('(all rows)', contract_column)) %}{% endfor %}
    {% endfor %}
    {% set own = own_part_columns(table, part, rows) | rejectattr('contract') | map(attribute='name') | list if with_own else [] %}
    {% set read = [] %}
    {% for name, contract_column in rows %}
        {% do read.append((name, contract_column or (name | trim | lower if name in own else none))) %}
    {% endfor %}
    {{ return(read) }}
{% endmacro %}
