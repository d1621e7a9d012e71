{# Run hook: after a run that built int_drawn_pings, says how many users no new ping is drawn for, if any.

   results: what dbt knows of the run. #}
{% macro report_drawn(results) %}
    {% set places = drawn_places() | int %}
    {% if execute and places %}
        {% for result in results if result.node.name == 'int_drawn_pings' and result.status == 'success' %}
            {% set users, drawn = run_query(
                "select count(*), count(drawn.user_key) from " ~ model_relation('int_users')
                ~ " as users left join " ~ result.node.relation_name ~ " as drawn on users.user_key = drawn.user_key"
                ~ " and drawn.place_number = 1"
            ).rows[0] %}
            {% if drawn < users %}
                {{ print(
                    "Re-ranking: for " ~ (users - drawn) ~ " of " ~ users ~ " users no new ping is drawn, as fewer than " ~ places
                    ~ " are left for them: those with a created_at less than explore_days (" ~ var('explore_days')
                    ~ ") before the newest, and of these the newest explore_pings (" ~ var('explore_pings') ~ "), count as new."
                ) }}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
