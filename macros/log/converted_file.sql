{# DuckDB only: converts a file into one that the intake reads, by Pingtop's plugin of dbt-duckdb (scripts/raw_files.py), and gives its
   path: a compressed Parquet file is decompressed; of a text file, the lines become rows of a Parquet file, each a text that may have
   line breaks inside quotes. The converted file is gone when dbt ends.

   file: of readable_file. encoding: of a text file. A file that cannot be converted stops the run. #}
{% macro converted_file(file, encoding) %}
    {% if not has_file_plugin() %}
        {% do exceptions.raise_compiler_error(
            file.path ~ " is " ~ ("compressed" if file.kind == 'parquet' else "said to be " ~ encoding)
            ~ ", which is read with Pingtop's plugin raw_files: add it to the plugins of the profile, as in Pingtop's profiles.yml,"
            ~ " or save the file as " ~ ("plain Parquet." if file.kind == 'parquet' else "UTF-8.")
        ) %}
    {% endif %}
    {% set arguments = [] %}
    {% for value in [file.path, file.kind, file.compression or '', encoding, file.delimiter or ''] %}
        {% do arguments.append(sql_text(value)) %}
    {% endfor %}
    {% set result = run_query("select pingtop_convert_file(" ~ arguments | join(', ') ~ ")").columns[0].values()[0] %}
    {% if result.startswith('!') %}
        {% do exceptions.raise_compiler_error(result[1:]) %}
    {% endif %}
    {{ return(result) }}
{% endmacro %}
