{# DuckDB only: the event types of the seed event_weights, as its file has them: a run hook comes before the seed is
   loaded. #}
{% macro known_event_types() %}
    {% set types = [] %}
    {% for seed in graph.nodes.values() if seed.resource_type == 'seed' and seed.name == 'event_weights' %}
        {% set file = seed.root_path ~ '/' ~ seed.original_file_path %}
        {% set place = csv_header(file, {'delimiter': ','}, 'event_type').names.index('event_type') + 1 %}
        {#- the equals sign keeps a field what it is: dbt would turn texts such as 1 or null into other values -#}
        {% set names = run_query(
            "select '=' || " ~ clean_text("(" ~ csv_fields('line') ~ ")[" ~ place ~ "]") ~ " as event_type from ("
            ~ csv_lines([file]) ~ ") as lines order by event_type"
        ).columns[0].values() %}
        {% for name in names %}{% do types.append(name[1:]) %}{% endfor %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}
