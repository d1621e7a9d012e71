{# What the mapping says of the two logs, as a text; empty where it says nothing. #}
{% macro mapping_of_logs() %}
    {% set mapping, logs = raw_mapping(), {} %}
    {% for log in ['interactions', 'exposures'] if log in mapping %}{% do logs.update({log: mapping[log]}) %}{% endfor %}
    {{ return(tojson(logs) if logs else '') }}
{% endmacro %}
