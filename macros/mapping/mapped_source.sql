{# One source of a mapping, checked and complete: a dict with
     path or table   where it is: a path or pattern below the raw location, or a table of the database; the other one is none
     columns         {column of raw_contract: how it is read, as mapped_column gives it}
     event_type      none, {'value': one type for all rows} or {'column', 'names': {plain name: type}}
     encoding        of a text file, in lower case
     delimiter       of a CSV file; none: by its header line
     affinity_columns  {category: column}, of topic_affinities that have a column for each category

   table: one of raw_contract. source: as it is in the mapping. where: how an error names it. #}
{% macro mapped_source(table, source, where) %}
    {% if source is not mapping %}
        {% do stop_for_mapping(where, "must be a list of names and values, such as path: \"plays.parquet\"") %}
    {% endif %}
    {% set keys = ['path', 'table', 'columns', 'encoding', 'delimiter']
        + (['event_type'] if table == 'interactions' else []) + (['affinity_columns'] if table == 'topic_affinities' else []) %}
    {% for key in source %}
        {% do check_name(key, keys, where, 'name') %}
    {% endfor %}
    {% set given = ['path', 'table'] | select('in', source) | list %}
    {% if given | length != 1 or not source[given[0]] or source[given[0]] is not string %}
        {% do stop_for_mapping(where, "must name either a path or a table, as a text") %}
    {% elif 'table' in source and ('encoding' in source or 'delimiter' in source) %}
        {% do stop_for_mapping(where, "is a table of the database, which has no encoding and no delimiter") %}
    {% endif %}
    {% set delimiter = {'tab': '\t', '\\t': '\t'}.get(source.get('delimiter'), source.get('delimiter')) %}
    {% if delimiter and (delimiter is not string or delimiter | length > 1 or delimiter == '"') %}
        {% do stop_for_mapping(where, "must have one letter as its delimiter, such as \";\", or the word tab") %}
    {% endif %}
    {% set columns = {} %}
    {% set names = {} %}
    {% for column in raw_contract(table) %}
        {% do names.update({column.name: column}) %}
        {% for alias in column.aliases %}{% do names.update({alias: column}) %}{% endfor %}
    {% endfor %}
    {% if source.get('columns', {}) is not mapping %}
        {% do stop_for_mapping(where, "must have its columns as a list of names and values, such as columns: {user_id: uid}") %}
    {% endif %}
    {% for name, value in source.get('columns', {}).items() %}
        {% do check_name(name, names.keys() | list, where, 'column') %}
        {% if names[name].name in columns %}
            {% do stop_for_mapping(where, "names the column " ~ names[name].name ~ " twice") %}
        {% endif %}
        {% if name == 'event_type' and value is mapping and 'names' in value %}
            {% do stop_for_mapping(where, "has names of event types below columns: put them below event_type, beside columns") %}
        {% endif %}
        {% do columns.update({names[name].name: mapped_column(names[name], value, where ~ ", column " ~ name)}) %}
    {% endfor %}
    {% if 'event_type' in columns and source.get('event_type') %}
        {% do stop_for_mapping(where, "has event_type both below columns and beside them: keep one") %}
    {% endif %}
    {% set affinity_columns = source.get('affinity_columns', {}) %}
    {% if affinity_columns is not mapping %}
        {% do stop_for_mapping(where, "must have affinity_columns as categories and columns, such as {sports: affinity_sports}") %}
    {% endif %}
    {{ return({
        'path': source.get('path'),
        'table': source.get('table'),
        'columns': columns,
        'event_type': mapped_event_type(source.get('event_type'), where),
        'encoding': (source.get('encoding') or 'utf-8') | lower,
        'delimiter': delimiter or none,
        'affinity_columns': affinity_columns,
    }) }}
{% endmacro %}
