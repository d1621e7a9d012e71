{# Run hook: after a run that built build_gates, says in a sentence what is red, and what is to be looked at.

   results: what dbt knows of the run. #}
{% macro report_gates(results) %}
    {% if execute %}
        {% for result in results if result.node.name == 'build_gates' and result.status == 'success' %}
            {% for row in run_query(
                "select verdict, sentence from " ~ result.node.relation_name
                ~ " where verdict in ('warning', 'error') order by verdict, gate, about"
            ).rows %}
                {{ print(("Red: " if row[0] == 'error' else "Warning: ") ~ row[1]) }}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
