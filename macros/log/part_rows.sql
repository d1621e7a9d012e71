{# The rows of a part under the canonical names, as a list of queries: one, or one for each category where the declared interests of a
   user are columns of one row.

   table: one of raw_contract. part: of file_parts. numbered: whether to add raw_row_number. #}
{% macro part_rows(table, part, numbered) %}
    {% set names = part.columns | map(attribute='name') | list %}
    {% set matches = match_raw_columns(table, names, part.where, part.mapping) %}
    {% set affinity_columns = part.mapping.affinity_columns if part.mapping else {} %}
    {% if not affinity_columns %}
        {{ return([source_rows(table, part, matches, numbered)]) }}
    {% endif %}
    {% set queries = [] %}
    {% for category, column in affinity_columns.items() %}
        {% set position = positions_of(names, column)[0] %}
        {% set own = dict(matches, category=[{'value': category}], affinity=[{'position': position, 'read': {}}]) %}
        {% do queries.append("select * from (" ~ source_rows(table, part, own, numbered) ~ ") as wide_rows where affinity is not null") %}
    {% endfor %}
    {{ return(queries) }}
{% endmacro %}
