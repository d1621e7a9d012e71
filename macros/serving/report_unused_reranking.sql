{# Run hook: after a run that built recommendations without re-ranking, names the variables that were given for it, if any.

   results: what dbt knows of the run. #}
{% macro report_unused_reranking(results) %}
    {% if execute and not var('rerank_enabled') and 'recommendations' in results | map(attribute='node.name') %}
        {% set given = (invocation_args_dict.get('vars') or {}).keys() | list %}
        {% set names = [] %}
        {% for name in ['creator_limit', 'diversity_lambda', 'explore_days', 'explore_pings', 'explore_seed', 'explore_share', 'rerank_pool'] %}
            {#- in the project's file these two do nothing by default -#}
            {% if name in given or name in ['creator_limit', 'explore_share'] and var(name) %}{% do names.append(name) %}{% endif %}
        {% endfor %}
        {% if names %}
            {{ print(
                "Re-ranking: " ~ names | join(', ') ~ " did nothing, as lists are re-ranked with rerank_enabled: true only."
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
