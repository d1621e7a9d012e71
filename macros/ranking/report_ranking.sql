{# Run hook: after a run that built ranking_status, says in one sentence a stage which stages were skipped and why, so that a
   machine without the packages, or a log too short to learn from, is told instead of stopped; and who makes the lists then.

   results: what dbt knows of the run. #}
{% macro report_ranking(results) %}
    {% if execute and var('ranking_enabled') %}
        {% for result in results if result.node.name == 'ranking_status' and result.status == 'success' %}
            {% set skipped = run_query(
                "select stage, explanation from " ~ result.node.relation_name ~ " where status = 'skipped' order by stage"
            ) %}
            {% for row in skipped.rows %}
                {% do log("Ranking: the stage " ~ row[0] ~ " is skipped, for " ~ row[1], info=true) %}
            {% endfor %}
            {% set stages = skipped.rows | map(attribute=0) | list %}
            {% if 'gbdt' in stages and 'classifier_trees' not in stages %}
                {% do log("Ranking: the log is too short to learn to rank, so the classifier makes the lists of gbdt and neural.", info=true) %}
            {% endif %}
            {% if stages | length and var('serving_strategy') != 'heuristic' %}
                {% do log("Ranking: where " ~ var('serving_strategy') ~ " has no lists, the heuristic serves.", info=true) %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
