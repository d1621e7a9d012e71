{# The raw contract: what each raw table holds.

   table: users, pings or interactions.
   Returns a list of columns, each with
     name     the canonical name
     aliases  other accepted names, in order of preference
     role     text, number or timestamp: how staging will read it
     vital    true where a file without this column cannot be read at all #}
{% macro raw_contract(table) %}
    {% set contract = {
        'users': [
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'country', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'signup_date', 'aliases': ['osignup_date'], 'role': 'timestamp', 'vital': false},
            {'name': 'age', 'aliases': [], 'role': 'number', 'vital': false},
        ],
        'pings': [
            {'name': 'ping_id', 'aliases': ['oping_id', 'content_id'], 'role': 'text', 'vital': true},
            {'name': 'creator_id', 'aliases': ['ocreator_id', 'publisher'], 'role': 'text', 'vital': false},
            {'name': 'main_hashtag', 'aliases': ['omain_hashtag'], 'role': 'text', 'vital': false},
            {'name': 'category', 'aliases': ['ocategory', 'topic'], 'role': 'text', 'vital': false},
            {'name': 'duration_sec', 'aliases': ['oduration_sec'], 'role': 'number', 'vital': false},
            {'name': 'created_at', 'aliases': ['ocreated_at'], 'role': 'timestamp', 'vital': false},
        ],
        'interactions': [
            {'name': 'event_id', 'aliases': [], 'role': 'text', 'vital': false},
            {'name': 'user_id', 'aliases': ['ouser_id'], 'role': 'text', 'vital': true},
            {'name': 'ping_id', 'aliases': ['oping_id', 'content_id'], 'role': 'text', 'vital': true},
            {'name': 'event_type', 'aliases': [], 'role': 'text', 'vital': true},
            {'name': 'watch_time_sec', 'aliases': [], 'role': 'number', 'vital': false},
            {'name': 'event_timestamp', 'aliases': [], 'role': 'timestamp', 'vital': false},
        ],
    } %}
    {{ return(contract[table]) }}
{% endmacro %}
