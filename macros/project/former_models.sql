{# Names of models that versions before 0.2.0 had and later ones do not: they kept no register of what they made (see
   drop_former_relations). All were inner ones, never public. #}
{% macro former_models() %}
    {{ return([
        'base_interactions_set_aside', 'stg_interactions_set_aside', 'int_baseline_lists', 'int_block_pings',
        'int_exposure_events_scored', 'int_hashes_set_aside', 'int_impression_windows_previous', 'int_interactions_checked',
        'int_interactions_keyed', 'int_interactions_set_aside', 'int_lists_popular', 'int_lists_random', 'int_lists_trending',
        'int_log_ids', 'int_log_index', 'int_ping_orderings', 'int_ranking_facts', 'int_ranking_first', 'int_ranking_groups',
        'int_ranking_heuristic_categories', 'int_ranking_heuristic_creators', 'int_ranking_heuristic_first',
        'int_ranking_heuristic_lists', 'int_ranking_heuristic_pairs', 'int_ranking_heuristic_thresholds', 'int_ranking_lists',
        'int_ranking_served', 'int_ranking_serving', 'int_recommendations', 'int_repeated_events', 'int_repeated_interactions',
        'int_restriction_sizes', 'int_user_affinities', 'int_user_blocks', 'int_user_slots', 'int_user_time_bins',
    ]) }}
{% endmacro %}
