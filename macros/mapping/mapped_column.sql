{# How a column of a mapped source is read: {'column', and what is given of unit, timezone, format, decimal, separator}.

   column: of raw_contract. given: what the mapping has, a name or a dict. where: how an error names it. #}
{% macro mapped_column(column, given, where) %}
    {% set read = {'column': given} if given is not mapping else given %}
    {% set allowed = {
        'timestamp': {'unit': ['s', 'ms', 'us', 'ns'], 'timezone': none, 'format': none},
        'number': {'decimal': ['.', ',']},
        'text': {'separator': none},
    }[column.role] %}
    {% if column.name in ['watch_time_sec', 'duration_sec', 'dwell_time'] %}
        {% do allowed.update({'unit': ['ms', 's', 'min']}) %}
    {% endif %}
    {% for key, value in read.items() %}
        {% do check_name(key, ['column'] + allowed.keys() | list, where, 'name') %}
        {% if key != 'column' and allowed[key] is not none %}
            {% do check_name(value | string, allowed[key], where, key) %}
        {% endif %}
    {% endfor %}
    {% if read.get('column') is not string or not read.column %}
        {% do stop_for_mapping(where, "must name a column of the source, as a text") %}
    {% elif 'unit' in read and 'format' in read %}
        {% do stop_for_mapping(where, "has both a unit, for numbers, and a format, for texts: keep one") %}
    {% endif %}
    {% if 'format' in read %}{% do check_format(read.format, where) %}{% endif %}
    {% if 'timezone' in read %}{% do check_time_zone(read.timezone, where) %}{% endif %}
    {{ return(read) }}
{% endmacro %}
