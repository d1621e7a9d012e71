{# Run hook: after a run that built intake_warnings, says each of them in a sentence, those first for which the build fails.

   results: what dbt knows of the run. #}
{% macro report_warnings(results) %}
    {% if execute %}
        {% for result in results if result.node.name == 'intake_warnings' and result.status == 'success' %}
            {% set warnings = run_query(
                "select kind, source_table, coalesce(column_name, ''), warning_count, total_count, share, is_above_bound,"
                ~ " coalesce(example, ''), advice from " ~ result.node.relation_name
                ~ " order by case when is_above_bound then 0 else 1 end, share desc, kind, source_table, column_name"
            ).rows %}
            {% for row in warnings %}
                {% if loop.index <= 12 %}{{ print(warning_sentence(row)) }}{% endif %}
            {% endfor %}
            {% if warnings | length > 12 %}
                {{ print("Odd: " ~ (warnings | length - 12) ~ " more things, in the table intake_warnings.") }}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
