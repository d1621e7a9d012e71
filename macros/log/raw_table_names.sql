{# The raw tables that a build reads, as a list of names of raw_contract. Those of experiments are read where experiments_enabled. #}
{% macro raw_table_names() %}
    {{ return(
        ['users', 'pings', 'interactions', 'exposures', 'topic_affinities']
        + (['experiment_assignments', 'experiments'] if var('experiments_enabled') else [])
    ) }}
{% endmacro %}
