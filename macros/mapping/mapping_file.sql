{# The file mapping.yml (or mapping.yaml) in the raw location, as {'path', 'text'}; text is none where there is no such file. Only DuckDB reads files. #}
{% macro mapping_file() %}
    {{ return(adapter.dispatch('mapping_file', 'pingtop')()) }}
{% endmacro %}

{% macro default__mapping_file() %}
    {{ return({'path': none, 'text': none}) }}
{% endmacro %}

{% macro duckdb__mapping_file() %}
    {% set found = {'path': none, 'text': none} %}
    {% if raw_location_kind() == 'folder' %}
        {% for path in glob_files([literal_path(raw_location()) ~ '/mapping.yml', literal_path(raw_location()) ~ '/mapping.yaml']) %}
            {#- the equals sign keeps it a text: dbt would turn one such as 1 into another value -#}
            {% set text = run_query("select '=' || content from read_text(" ~ path_list([path]) ~ ")").columns[0].values()[0] %}
            {% do found.update({'path': path, 'text': text[1:]}) %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}
