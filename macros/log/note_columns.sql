{# DuckDB only, part of a run hook: notes in the table source_columns which column of a part is read as which one of the contract, if any.

   table: one of raw_contract. part: of file_parts. #}
{% macro note_columns(table, part) %}
    {% set matches = match_raw_columns(table, part.columns | map(attribute='name') | list, part.where, part.mapping) %}
    {% set read_as, rows = {}, [] %}
    {% for contract_column, found in matches.items() %}
        {% for match in found if 'position' in match %}{% do read_as.update({match.position: contract_column}) %}{% endfor %}
    {% endfor %}
    {% for name in (part.mapping.affinity_columns.values() if part.mapping else []) %}
        {% do read_as.update({positions_of(part.columns | map(attribute='name') | list, name)[0]: 'affinity'}) %}
    {% endfor %}
    {% for column in part.columns if column.name != 'raw_row_number' %}
        {% do rows.append([column.name, read_as.get(loop.index0)]) %}
    {% endfor %}
    {% for path in part.files %}
        {% set values = [] %}
        {% for name, contract_column in rows %}
            {% do values.append("('" ~ table ~ "', " ~ dbt.string_literal(dbt.escape_single_quotes(path)) ~ ", "
                ~ dbt.string_literal(dbt.escape_single_quotes(name)) ~ ", "
                ~ ("'" ~ contract_column ~ "'" if contract_column else "null") ~ ")") %}
        {% endfor %}
        {% if values %}
            {% do run_query("insert into " ~ intake_table('source_columns') ~ " values " ~ values | join(', ')) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
