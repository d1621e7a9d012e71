{# Run hook: stops every run that has a bad variable, with a sentence that says which and what to change. Names that are
   not known are let through where Pingtop is a package: they may be the other project's. #}
{% macro check_variables() %}
    {% set share = {'least': 0, 'most': 1} %}
    {% set rules = {
        'warn_share': share,
        'max_rejected_share': share,
        'max_nulled_share': share,
        'max_unknown_share': share,
        'warn_missing_watch_time_share': share,
        'max_missing_watch_time_share': share,
        'max_median_watch_time_ratio': {'above': 0},
        'warn_user_event_share': share,
        'warn_user_least_events': {'least': 1, 'whole': true},
        'max_user_event_share': share,
        'max_gap_days': {'least': 1, 'whole': true},
        'gate_least_events': {'least': 1, 'whole': true},
        'gate_least_days': {'least': 1, 'whole': true, 'most': 7},
        'gate_delivery_hours': {'above': 0},
        'gate_metric_least_events': {'least': 1, 'whole': true},
        'default_duration_sec': {'above': 0},
        'max_watch_time_sec': {'above': 0, 'most': 1000000000},
        'watch_time_ratio_cap': {'above': 0, 'optional': true},
        'ratio_without_watch_time': share,
        'top_pings_count': {'least': 1, 'whole': true},
        'top_k': {'least': 1, 'whole': true},
        'weight_popularity': {'least': 0},
        'weight_category': {'least': 0},
        'weight_creator': {'least': 0},
        'weight_freshness': {'least': 0},
        'weight_declared': {'least': 0},
        'affinity_window_days': {'least': 1, 'whole': true, 'optional': true},
        'default_age_days': {'least': 0, 'whole': true},
        'reason_popularity': {},
        'reason_freshness': {},
        'rerank_pool': {'least': 1, 'whole': true},
        'diversity_lambda': share,
        'creator_limit': {'least': 1, 'whole': true, 'optional': true},
        'explore_share': {'least': 0, 'most': 0.5},
        'explore_days': {'least': 1, 'whole': true},
        'explore_pings': {'least': 1, 'whole': true},
        'explore_seed': {'least': 0, 'whole': true},
        'holdout_days': {'least': 1, 'whole': true, 'optional': true},
        'trending_days': {'least': 1, 'whole': true},
        'high_engagement_ratio': {'above': 0},
        'ranking_horizon_hours': {'least': 1, 'whole': true, 'or': 'auto'},
        'ranking_step_hours': {'least': 1, 'whole': true, 'or': 'auto'},
        'ranking_least_lists': {'least': 10, 'whole': true},
        'ranking_cutoffs': {'least': 1, 'whole': true, 'most': 100},
        'ranking_decay_hours': {'above': 0, 'or': 'auto'},
        'ranking_candidates': {'least': 1, 'whole': true},
        'ranking_source_pings': {'least': 1, 'whole': true},
        'ranking_basket_size': {'least': 2, 'whole': true},
        'ranking_neighbours': {'least': 1, 'whole': true},
        'ranking_covisitation_hours': {'above': 0, 'or': 'auto'},
        'ranking_lists_per_cutoff': {'least': 1, 'whole': true},
        'ranking_negatives': {'least': 1, 'whole': true},
        'ranking_rerank_pings': {'least': 1, 'whole': true},
        'ranking_classifier_validation_share': {'above': 0, 'most': 0.5},
        'ranking_classifier_test_share': {'above': 0, 'most': 0.5},
        'ranking_classifier_threshold': {'least': 0, 'most': 1},
        'ranking_classifier_rows': {'least': 1, 'whole': true},
        'ranking_short_candidates': {'least': 1, 'whole': true},
        'ranking_short_rerank_pings': {'least': 1, 'whole': true},
        'label_weight_click': {},
        'label_weight_dwell': {},
        'label_weight_share': {},
        'label_weight_comment': {},
        'label_weight_hide': {},
        'label_expected_dwell_sec': {'above': 0},
        'label_threshold': {},
        'experiment_pre_period_days': {'least': 1, 'whole': true, 'most': 1000},
        'new_user_days': {'least': 0, 'whole': true},
        'new_item_days': {'least': 0, 'whole': true},
        'watch_through_ratio': {'above': 0},
        'head_share': share,
        'session_timeout_minutes': {'above': 0},
        'histogram_bins_per_unit': {'least': 1, 'whole': true, 'most': 1000},
        'histogram_max_ratio': {'least': 1, 'whole': true, 'most': 100},
    } %}
    {% do rules.update(alert_variables()) %}{% for judged in gates().values() %}
        {% set most = {'most': 1} if judged.warn in ['gate_rejected_share_warn', 'gate_missing_share_warn'] else {} %}
        {% for level in ['warn', 'error'] %}
            {% do rules.update({judged[level]: dict(least=0, optional=true, **most)}) %}
        {% endfor %}
    {% endfor %}
    {% for name, rule in rules.items() %}
        {% do check_number(name, var(name), rule) %}
    {% endfor %}
    {% for name in ['as_of', 'known_as_of'] %}{% do check_timestamp(name, var(name)) %}{% endfor %}
    {% do check_ranking_variables() %}{% do check_experiment_variables() %}{% do check_serving_variables() %}{% do check_change_variables() %}
    {% set known = rules.keys() | list + [
        'as_of', 'known_as_of', 'raw_mapping', 'null_words', 'raw_location', 'raw_schema', 'raw_database', 'ranking_enabled', 'rerank_enabled',
        'serving_strategy', 'ranking_user_features', 'ranking_ping_features', 'ranking_classifier_split', 'two_tower_enabled', 'experiments_enabled',
        'serving_enabled', 'serving_candidates', 'serving_country_users', 'serving_experiment', 'serving_arms', 'few_below', 'change_values', 'explain_before', 'explain_after'
    ] %}
    {% for name in (invocation_args_dict.get('vars') or {}) if name not in known and project_name == 'pingtop' %}
        {% do exceptions.raise_compiler_error(
            "There is no variable " ~ name ~ ": correct its name in --vars (known: " ~ known | sort | join(', ') ~ ")."
        ) %}
    {% endfor %}
{% endmacro %}
