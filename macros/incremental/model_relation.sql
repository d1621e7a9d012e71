{# DuckDB only: the table of a model, for macros that must not depend on it, as run hooks; none where it is not there.

   name: the model. #}
{% macro model_relation(name) %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name %}
        {{ return(stored_relation(node.database, node.schema, node.alias)) }}
    {% endfor %}
{% endmacro %}
