{# How a file is read, by the end of its name in any case: {'kind': parquet, csv or json, 'compression': none, gzip or zstd,
   'delimiter': a tab for .tsv, else none}; none where the name has no such end. path: the file's path. #}
{% macro file_format(path) %}
    {% set match = modules.re.search('[.](parquet|csv|tsv|jsonl|ndjson|json)([.](gz|zst))?$', path | lower) %}
    {% if not match %}
        {{ return(none) }}
    {% endif %}
    {{ return({
        'kind': {'parquet': 'parquet', 'csv': 'csv', 'tsv': 'csv'}.get(match.group(1), 'json'),
        'compression': {'gz': 'gzip', 'zst': 'zstd'}.get(match.group(3)),
        'delimiter': '\t' if match.group(1) == 'tsv' else none,
    }) }}
{% endmacro %}
