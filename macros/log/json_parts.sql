{# DuckDB only: the part of JSON lines files, with their columns: the names that any row has, nested ones by a dot. A file with no
   JSON object in it has none. part: as in file_parts, without columns. #}
{% macro json_parts(part) %}
    {% set structure = run_query(
        "select '=' || json_group_structure(cast(line as json)) from (" ~ part_lines(part) ~ ") as lines"
        ~ " where json_valid(line) and case when json_valid(line) then json_type(line) end = 'OBJECT'"
    ).columns[0].values()[0] %}
    {% set columns = [] %}
    {% if structure and structure != '=null' %}
        {% do columns.extend(json_columns(fromjson(structure[1:]), '', '', mapped_names(part.mapping))) %}
    {% elif run_query("select 1 from (" ~ part_lines(part) ~ ") as lines limit 1").rows %}
        {% do exceptions.raise_compiler_error(
            part.where ~ " has no line that is a JSON object: write one JSON object a line (an array of all is not read), or take it away."
        ) %}
    {% endif %}
    {{ return([dict(part, columns=columns, n_own=columns | length)] if columns else []) }}
{% endmacro %}
