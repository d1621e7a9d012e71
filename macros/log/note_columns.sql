{# DuckDB only, part of a run hook: notes in the table source_columns which column of a part is read as which one of the contract, if any.

   table: one of raw_contract. part: of file_parts. #}
{% macro note_columns(table, part) %}
    {% set columns = read_columns(table, part) %}
    {% set values = [] %}
    {% for path in part.files %}
        {% for name, contract_column in columns %}
            {% do values.append("('" ~ table ~ "', " ~ sql_text(path) ~ ", "
                ~ sql_text(name) ~ ", " ~ sql_text(contract_column) ~ ")") %}
        {% endfor %}
    {% endfor %}
    {% if values %}
        {% do run_query("insert into " ~ intake_table('source_columns') ~ " values " ~ values | join(', ')) %}
    {% endif %}
{% endmacro %}
