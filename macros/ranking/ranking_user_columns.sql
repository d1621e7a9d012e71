{# The features of a user alone, with a comma after each, for a select list that has int_ranking_users as users: those of
   ranking_features and of the table that serving reads. No arguments. #}
{% macro ranking_user_columns() -%}
    users.signup_percentile as user_signup_percentile,
        users.log_activity as user_log_activity,
        users.positive_rate as user_positive_rate,
        users.mean_ratio as user_mean_ratio,
        users.mean_log_duration as user_mean_log_duration,
        cast(coalesce(users.hours_since_last, -1) as {{ type_double() }}) as user_hours_since_last,
        {% endmacro %}
