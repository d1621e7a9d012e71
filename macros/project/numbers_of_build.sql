{# DuckDB only: what build_history says of the log after a run, as {column: expression}. What the run did not build says nothing.

   built: the relations of the models that the run built, as {name: relation}. #}
{% macro numbers_of_build(built) %}
    {% set numbers = {} %}
    {% if built.intake_files %}
        {% do numbers.update({
            'files': "(select count(*) from " ~ built.intake_files ~ ")",
            'new_files': "(select count(*) from " ~ intake_table('files_to_read') ~ " where file_number is not null)",
        }) %}
    {% endif %}
    {% if built.intake_summary %}
        {% for column, condition in {
            'accepted_rows': "outcome = 'accepted'",
            'rejected_rows': "outcome = 'rejected'",
            'duplicate_rows': "outcome = 'rejected' and reject_reason = 'duplicate'",
            'hidden_rows': "outcome in ('after_as_of', 'after_known_as_of')",
        }.items() %}
            {% do numbers.update({
                column: "(select coalesce(sum(row_count), 0) from " ~ built.intake_summary ~ " where " ~ condition ~ ")"
            }) %}
        {% endfor %}
    {% endif %}
    {% if built.intake_warnings %}
        {% do numbers.update({'intake_warnings': "(select count(*) from " ~ built.intake_warnings ~ ")"}) %}
    {% endif %}
    {% if built.interactions %}
        {% do numbers.update({'newest_event': "(select max(event_timestamp) from " ~ built.interactions ~ ")"}) %}
    {% endif %}
    {% if built.recommender_health_daily %}
        {% set days = built.recommender_health_daily %}
        {% for column, source in {
            'newest_day': 'date', 'newest_day_events': 'n_events', 'active_users': 'active_users', 'watch_through_rate': 'watch_through_rate',
            'engagement_per_impression': 'engagement_per_impression',
        }.items() %}
            {% do numbers.update({
                column: "(select " ~ source ~ " from " ~ days ~ " where segment = 'all' order by date desc limit 1)"
            }) %}
        {% endfor %}
    {% endif %}
    {{ return(numbers) }}
{% endmacro %}
