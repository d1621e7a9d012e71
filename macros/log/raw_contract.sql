{# The raw contract: what each raw table holds.

   table: users, pings, interactions, exposures, topic_affinities, experiment_assignments or experiments.
   Returns a list of columns, each with
     name     the canonical name
     aliases  other accepted names, in order of preference
     role     text, number or timestamp: how staging will read it
     vital    true where a file without this column cannot be read at all
   The counts of exposures have names of their own here, since `like` is a word of SQL. #}
{% macro raw_contract(table) %}
    {% set arrival_names = ['ingested_at', 'received_at', 'collector_tstamp'] %}
    {% set contract = {
        'users': [
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'country', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'signup_date', 'aliases': ['osignup_date'], 'role': 'timestamp', 'vital': false},
            {'name': 'age', 'aliases': [], 'role': 'number', 'vital': false},
            {'name': 'region', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'blocklist', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'updated_at', 'aliases': [], 'role': 'timestamp', 'vital': false},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
        'pings': [
            {'name': 'ping_id', 'aliases': ['oping_id', 'content_id'], 'role': 'text', 'vital': true},
            {'name': 'creator_id', 'aliases': ['ocreator_id', 'publisher'], 'role': 'text', 'vital': false},
            {'name': 'main_hashtag', 'aliases': ['omain_hashtag'], 'role': 'text', 'vital': false},
            {'name': 'category', 'aliases': ['ocategory', 'topic'], 'role': 'text', 'vital': false},
            {'name': 'duration_sec', 'aliases': ['oduration_sec'], 'role': 'number', 'vital': false},
            {'name': 'created_at', 'aliases': ['ocreated_at'], 'role': 'timestamp', 'vital': false},
            {'name': 'quality_score', 'aliases': [], 'role': 'number', 'vital': false},
            {'name': 'region_restriction', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'updated_at', 'aliases': [], 'role': 'timestamp', 'vital': false},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
        'interactions': [
            {'name': 'event_id', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'ping_id', 'aliases': ['oping_id', 'content_id'], 'role': 'text', 'vital': true},
            {'name': 'event_type', 'aliases': [], 'role': 'text', 'vital': true},
            {'name': 'watch_time_sec', 'aliases': [], 'role': 'number', 'vital': false},
            {'name': 'event_timestamp', 'aliases': [], 'role': 'timestamp', 'vital': false},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
        'exposures': [
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'ping_id', 'aliases': ['oping_id', 'content_id'], 'role': 'text', 'vital': true},
            {'name': 'event_timestamp', 'aliases': [], 'role': 'timestamp', 'vital': false},
            {'name': 'dwell_time', 'aliases': [], 'role': 'number', 'vital': false},
            {'name': 'click_count', 'aliases': ['click'], 'role': 'number', 'vital': false},
            {'name': 'like_count', 'aliases': ['like'], 'role': 'number', 'vital': false},
            {'name': 'share_count', 'aliases': ['share'], 'role': 'number', 'vital': false},
            {'name': 'comment_count', 'aliases': ['comment'], 'role': 'number', 'vital': false},
            {'name': 'follow_count', 'aliases': ['follow'], 'role': 'number', 'vital': false},
            {'name': 'hide_count', 'aliases': ['hide'], 'role': 'number', 'vital': false},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
        'topic_affinities': [
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'category', 'aliases': ['ocategory', 'topic'], 'role': 'text', 'vital': true},
            {'name': 'affinity', 'aliases': [], 'role': 'number', 'vital': true},
        ],
        'experiment_assignments': [
            {'name': 'experiment_id', 'aliases': ['experiment', 'experiment_key'], 'role': 'text', 'vital': true},
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'arm', 'aliases': ['variant', 'variation', 'variation_id'], 'role': 'text', 'vital': true},
            {'name': 'assigned_at', 'aliases': ['assignment_timestamp', 'event_timestamp'], 'role': 'timestamp', 'vital': true},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
        'experiments': [
            {'name': 'experiment_id', 'aliases': ['experiment', 'experiment_key'], 'role': 'text', 'vital': true},
            {'name': 'control_arm', 'aliases': ['control'], 'role': 'text', 'vital': false},
            {'name': 'started_at', 'aliases': ['start_date'], 'role': 'timestamp', 'vital': false},
            {'name': 'ended_at', 'aliases': ['end_date'], 'role': 'timestamp', 'vital': false},
            {'name': 'planned_shares', 'aliases': ['shares'], 'role': 'text', 'vital': false},
            {'name': 'primary_metric', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'updated_at', 'aliases': [], 'role': 'timestamp', 'vital': false},
            {'name': 'loaded_at', 'aliases': arrival_names, 'role': 'timestamp', 'vital': false},
        ],
    } %}
    {{ return(contract[table]) }}
{% endmacro %}
