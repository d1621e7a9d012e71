{# Run hook: after a run that built ranking_status, says which horizon was chosen, in one sentence a stage which stages were
   skipped and why, so that a machine without the packages, or a log too short to learn from, is told instead of stopped; and
   who makes the lists then, or is chosen to.

   results: what dbt knows of the run. #}
{% macro report_ranking(results) %}
    {% if execute and var('ranking_enabled') %}
        {% for result in results if result.node.name == 'ranking_status' and result.status == 'success' %}
            {% set skipped = run_query(
                "select stage, explanation from " ~ result.node.relation_name ~ " where status = 'skipped' order by stage"
            ) %}
            {% if var('ranking_horizon_hours') == 'auto' %}
                {% set chosen = run_query(
                    "select horizon_hours, step_hours, lists_to_learn_from, lists_to_check_with from "
                    ~ model_relation('int_ranking_windows')
                ).rows[0] %}
                {% set least = var('ranking_least_lists') %}
                {% set is_enough = chosen[2] >= least and chosen[3] >= least %}
                {{ print(
                    "Ranking: the horizon is " ~ chosen[0] ~ " h (ranking_horizon_hours: auto), a cutoff every " ~ chosen[1] ~ " h: "
                    ~ ("the shortest with at least " if is_enough else "none has ") ~ least
                    ~ " users (ranking_least_lists) who find something in each of the last two; this one has " ~ chosen[3] ~ " and "
                    ~ chosen[2] ~ "."
                ) }}
            {% endif %}
            {% for row in skipped.rows %}
                {{ print("Ranking: the stage " ~ row[0] ~ " is skipped, for " ~ row[1]) }}
            {% endfor %}
            {% set stages = skipped.rows | map(attribute=0) | list %}
            {% if 'gbdt' in stages and 'classifier_trees' not in stages %}
                {{ print("Ranking: the log is too short to learn to rank, so the classifier makes the lists of gbdt and neural.") }}
            {% endif %}
            {% if var('serving_strategy') == 'auto' %}
                {% set choice = run_query(
                    "select explanation from " ~ model_relation('int_ranking_serving_choice')
                ).rows[0] %}
                {{ print("Ranking: " ~ choice[0] ~ " (serving_strategy: auto).") }}
            {% elif stages | length and var('serving_strategy') != 'heuristic' %}
                {{ print("Ranking: where " ~ var('serving_strategy') ~ " has no lists, the heuristic serves.") }}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
