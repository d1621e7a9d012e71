{# The intermediate model that recommendations are served from: the heuristic's, or where serving_strategy is a trained
   stage, int_ranking_recommendations, which has the same columns and three more. No arguments. #}
{% macro served_recommendations() %}
    {% if var('serving_strategy') == 'heuristic' %}
        {{ return(ref('int_recommendations')) }}
    {% endif %}
    {{ return(ref('int_ranking_recommendations')) }}
{% endmacro %}
