{# The columns of a part of users or pings that a ranking variable makes features: [{'name' as in the source or, where that is what was
   named, as in the contract; 'contract': the column of the contract that it is read as, none for a further one}].

   table: users or pings. part: of file_parts. read: of read_columns for the part, own features aside. `all` takes every further column
   and those of the contract that are no ids, moments or lists. #}
{% macro own_part_columns(table, part, read) %}
    {% set given = var('ranking_' ~ table[:-1] ~ '_features') if table in ['users', 'pings'] and var('ranking_enabled') else [] %}
    {% set of_contract = {
        'users': ['country', 'age', 'region'],
        'pings': ['creator_id', 'main_hashtag', 'category', 'quality_score'],
    }.get(table) %}
    {% set columns, names = [], [] %}
    {% for name, contract_column in read if name != '(all rows)' and name | trim %}{% do names.append(name) %}{% endfor %}
    {% for name, contract_column in read if given and name in names %}
        {% if given != 'all' %}
            {% if positions_of(given, name) %}{% do columns.append({'name': name, 'contract': contract_column}) %}{% endif %}
        {% elif contract_column in of_contract %}
            {% do columns.append({'name': contract_column, 'contract': contract_column}) %}
        {% elif not contract_column %}
            {#- an object is read as what is inside of it -#}
            {% set inside = namespace(found=false) %}
            {% for other in names if other.startswith(name ~ '.') %}{% set inside.found = true %}{% endfor %}
            {% if not inside.found %}{% do columns.append({'name': name, 'contract': none}) %}{% endif %}
        {% endif %}
    {% endfor %}
    {% for name in given if given != 'all' and not positions_of(names, name) %}
        {% for _, contract_column in read if contract_column and contract_column == name | trim | lower %}
            {% do columns.append({'name': name, 'contract': contract_column}) %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
