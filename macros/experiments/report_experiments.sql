{# Run hook: after a run that built experiment_splits, says of each experiment in one sentence what its split looks like where it is not as
   planned, or where nothing can be compared; the same is in the table.

   results: what dbt knows of the run. #}
{% macro report_experiments(results) %}
    {% if execute and var('experiments_enabled') %}
        {% for result in results if result.node.name == 'experiment_splits' and result.status == 'success' %}
            {% set table = result.node.relation_name %}
            {% set found = run_query(
                "select experiment_id, verdict from " ~ table ~ " where is_readable is distinct from true order by experiment_id"
            ).rows %}
            {% for experiment_id, verdict in found %}
                {{ print("Experiment " ~ experiment_id ~ ": " ~ verdict) }}
            {% endfor %}
            {% if run_query("select count(*) from " ~ table).rows[0][0] == 0 %}
                {{ print(
                    "Experiments: nobody is assigned to one; put experiment_assignments.csv into the raw location (docs/experiments.md)."
                ) }}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
