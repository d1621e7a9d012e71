{# The arrival time of a raw table's rows as a timestamp expression; none where the table has no `loaded_at`.

   table: interactions or exposures. part: of relation_parts. #}
{% macro arrival_of_part(table, part) %}
    {% set matches = match_raw_columns(table, part.columns | map(attribute='name') | list, part.where, part.mapping)['loaded_at'] %}
    {% for column in raw_contract(table) if column.name == 'loaded_at' and matches %}
        {{ return(safe_timestamp(raw_value(column, part.columns[matches[0].position], matches[0].read, true))) }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}
