{# A text that is another one where the models that take in the log are: their checksums, behind a number that stands for their macros. #}
{% macro code_of_intake() %}
    {% set parts = ['2'] %}
    {% for name in ['stg_interactions', 'stg_exposures', 'int_interactions', 'int_exposures'] %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name %}
            {% do parts.append(node.checksum.checksum[:12]) %}
        {% endfor %}
    {% endfor %}
    {{ return(parts | join(' ')) }}
{% endmacro %}
