{# DuckDB only, part of a run hook: notes the files of the raw location that look like data and are not read, in the table unread_files.

   sources: of raw_sources. What a tool keeps for itself is not meant: names that begin with a dot, folders that begin with an underscore, and
   markers such as _SUCCESS. #}
{% macro note_unread_files(sources) %}
    {% do run_query("delete from " ~ intake_table('unread_files')) %}
    {% if not (raw_location() and raw_location_kind() == 'folder') %}{{ return('') }}{% endif %}
    {% set read = [] %}
    {% for table in sources %}{% do read.extend(sources[table] | map(attribute='path')) %}{% endfor %}
    {% set data = 'parquet|csv|tsv|jsonl|ndjson|json|txt|tab|psv|dat|avro|orc|arrow|feather|xlsx?|sqlite3?|db|duckdb' %}
    {% set values = [] %}
    {% for file in location_files() if file.path not in read and not modules.re.search('(^|/)([.]|_[^/]*/)', file.place)
        and modules.re.search('[.](' ~ data ~ ')([.](gz|zst|bz2|xz|zip|lz4|snappy))?$|[.](bz2|xz|zip|7z|tar|tgz)$', file.place | lower) %}
        {% do values.append("(" ~ sql_text(file.path) ~ ")") %}
    {% endfor %}
    {% if values %}
        {% do run_query("insert into " ~ intake_table('unread_files') ~ " values " ~ values | join(', ')) %}
    {% endif %}
{% endmacro %}
