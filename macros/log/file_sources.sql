{# DuckDB only: the files of a table in the raw location, as raw_sources gives them.

   table: one of raw_contract. mapped: the sources that the mapping has for it; none where it has none. files: of location_files.
   mapped_logs: paths that the mapping has for a log, which no log has by its name.

   Without a mapping they are `<table>.parquet`, `.csv`, `.tsv`, `.jsonl` and the like (file_format) in the raw location, and for
   the two shapes of the log also any such file below `interactions/` or `exposures/`; what begins with a dot or an underscore is left
   alone, as other tools keep their own there. Two files that both claim to be the table stop the run: to read both would count every
   event twice. A raw location that is a file or a pattern holds the log, but for the files that have another table's name. #}
{% macro file_sources(table, mapped, files, mapped_logs=[]) %}
    {% set sources = [] %}
    {% for source in mapped or [] if source.path %}
        {% set pattern = modules.re.escape(source.path) | replace('\\*\\*/', '(?:.*/)?') | replace('\\*\\*', '.*')
            | replace('\\*', '[^/]*') | replace('\\?', '[^/]') %}
        {% set n_before = sources | length %}
        {% for file in files if modules.re.fullmatch(pattern, file.place) or modules.re.fullmatch(pattern, file.path) %}
            {% if file.path in sources | map(attribute='path') %}
                {% do stop_for_mapping("The mapping", "has two sources of " ~ table ~ " that are the file " ~ file.path) %}
            {% elif not file_format(file.path) %}
                {% do stop_for_mapping("The mapping", "has the file " ~ file.path ~ " for " ~ table
                    ~ ", whose name ends with none of .parquet, .csv, .tsv, .jsonl, .ndjson and .json (or these with .gz or .zst)") %}
            {% endif %}
            {% do sources.append({'path': file.path, 'mapping': source, 'place': loop.index}) %}
        {% endfor %}
        {% if sources | length == n_before %}
            {% do stop_for_mapping("The mapping", "has the path '" ~ source.path ~ "' for " ~ table ~ ", which no file in "
                ~ raw_location() ~ " has: " ~ nearest_names(source.path, files | map(attribute='place') | list)) %}
        {% endif %}
    {% endfor %}
    {% if mapped is not none %}
        {{ return(sources) }}
    {% endif %}
    {% set logs = ['interactions', 'exposures'] %}
    {% set is_folder = raw_location_kind() == 'folder' %}
    {% set single = [] %}
    {% for file in files if file_format(file.path) and not modules.re.search('(^|/)[._]', file.place) %}
        {% set name = file.place | lower %}
        {% set is_named = '/' not in name and name.split('.')[0] == table %}
        {% set is_below = table in logs and is_folder and file.place.startswith(table ~ '/') %}
        {% set is_log = not is_folder and table in logs
            and name.split('.')[0] not in ['users', 'pings', 'topic_affinities', 'interactions', 'exposures', 'experiment_assignments', 'experiments']
            and shape_of_log(file.path) == table %}
        {% if (is_named or is_below or is_log) and file.path not in (mapped_logs if table in logs else []) %}
            {% do sources.append({'path': file.path, 'mapping': none}) %}
            {% if is_named %}{% do single.append(file.path) %}{% endif %}
        {% endif %}
    {% endfor %}
    {% if is_folder and single and sources | length > 1 %}
        {% do exceptions.raise_compiler_error(
            "The raw location '" ~ raw_location() ~ "' holds the " ~ table ~ " more than once ("
            ~ sources | map(attribute='path') | join(', ') ~ "): keep one of them, or name all in mapping.yml."
        ) %}
    {% endif %}
    {{ return(sources) }}
{% endmacro %}
