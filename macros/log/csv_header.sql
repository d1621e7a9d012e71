{# DuckDB only: the header line of a CSV file, as {'names', 'delimiter'}; stops the run where there is none. Without a given one, the
   delimiter is the one of comma, semicolon, tab and pipe that the line has most of.

   file: its path. format: of file_format, or of readable_file. example: a header that would be right, for the error. #}
{% macro csv_header(file, format, example) %}
    {% set scan = "select line from " ~ parquet_scan([file]) ~ " where line_number = 1" if format.get('is_converted')
        else csv_lines([file], 'header', compression=format.get('compression')) %}
    {#- the equals sign keeps a field what it is: dbt would turn texts such as 1 or null into other values -#}
    {% set lines = run_query("select '=' || coalesce(line, '') from (" ~ scan ~ ") as header_line").columns[0].values() %}
    {% set line = lines[0][1:] | replace('\ufeff', '') if lines else '' %}
    {% set unquoted = modules.re.sub('"[^"]*"', '', line) %}
    {% set delimiter = namespace(value=format.get('delimiter'), count=0) %}
    {% if not delimiter.value %}
        {% set delimiter.value = ',' %}
        {% for candidate in [',', ';', '\t', '|'] if unquoted.count(candidate) > delimiter.count %}
            {% set delimiter.value, delimiter.count = candidate, unquoted.count(candidate) %}
        {% endfor %}
    {% endif %}
    {% set names, problem = [], namespace(text=none) %}
    {% if not lines %}
        {% set problem.text = 'is empty' %}
    {% elif '"' not in line %}
        {% for name in line.split(delimiter.value) %}{% do names.append(name | trim) %}{% endfor %}
    {% else %}
        {% set fields = run_query(
            "select '=' || unnest(coalesce(" ~ csv_fields(sql_text(line | trim), delimiter.value)
            ~ ", [null]))"
        ).columns[0].values() %}
        {% if fields[0] is none %}{% set problem.text = 'has a header with broken quotes' %}{% endif %}
        {% for field in fields %}{% do names.append((field or '')[1:] | replace('\ufeff', '') | trim) %}{% endfor %}
    {% endif %}
    {% if not problem.text and not names | join('') %}
        {% set problem.text = 'begins with a blank line' %}
    {% endif %}
    {% if problem.text %}
        {% do exceptions.raise_compiler_error(
            format.get('path', file) ~ " " ~ problem.text ~ ": let its first line be a header such as " ~ example ~ "."
        ) %}
    {% endif %}
    {{ return({'names': names, 'delimiter': delimiter.value}) }}
{% endmacro %}
