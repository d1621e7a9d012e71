{# The arrival time of a raw table's rows as a timestamp expression; none where the table has no `loaded_at`.

   table: interactions or exposures. part: of relation_parts. #}
{% macro arrival_of_part(table, part) %}
    {% set matches = match_raw_columns(table, part.columns | map(attribute='name') | list, part.where, part.mapping)['loaded_at'] %}
    {% set values, texts = [], [] %}
    {% for column in raw_contract(table) if column.name == 'loaded_at' %}
        {% for match in matches %}
            {% do values.append(raw_value(column, part.columns[match.position], match.read, true)) %}
            {% do texts.append(clean_text('cast(' ~ values[-1] ~ ' as ' ~ dbt.type_string() ~ ')')) %}
        {% endfor %}
    {% endfor %}
    {#- as source_rows reads them: the first that is given -#}
    {{ return(
        safe_timestamp('coalesce(' ~ texts | join(', ') ~ ')') if values | length > 1
        else safe_timestamp(values[0]) if values else none
    ) }}
{% endmacro %}
