{# DuckDB only: stops the run where a .zst file is cut short, which DuckDB reads as far as it goes without a word, or is no such file. By
   Pingtop's plugin of dbt-duckdb (scripts/raw_files.py). files: list of paths. #}
{% macro check_zstd_files(files) %}
    {% if files and not has_file_plugin() %}
        {% do exceptions.raise_compiler_error(
            files[0] ~ " is compressed with Zstandard, which is read with Pingtop's plugin raw_files: add it to the plugins of the"
            ~ " profile, as in Pingtop's profiles.yml, or save the file plain or as .gz."
        ) %}
    {% endif %}
    {% for file in files %}
        {% set problem = run_query(
            "select pingtop_check_zstd(" ~ sql_text(file) ~ ")"
        ).columns[0].values()[0] %}
        {% if problem %}
            {% do exceptions.raise_compiler_error(file ~ " " ~ problem ~ ": write or copy it again, or take it away.") %}
        {% endif %}
    {% endfor %}
{% endmacro %}
