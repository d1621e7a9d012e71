{# What each own feature is: {feature: number, boolean or text}. A column that comes as text in a typed source is one; of all others,
   which are text here whatever they were, the values decide: a number where all are numbers, also where there are none.

   table: users or pings. columns: of own_columns. staged: the staging model as a relation. #}
{% macro own_kinds(table, columns, staged) %}
    {% set kinds, undecided, typed_texts = {}, [], [] %}
    {% for part in raw_parts(table) if part.kind in ['parquet', 'relation'] %}
        {% for column in part.columns if plain_type(column.dtype) in ['VARCHAR', 'BLOB', 'BYTEA', 'BINARY'] %}
            {% do typed_texts.append(column.name | trim | lower) %}
        {% endfor %}
    {% endfor %}
    {% set roles = {} %}
    {% for column in raw_contract(table) %}{% do roles.update({column.name: column.role}) %}{% endfor %}
    {% for column in columns %}
        {% set known = roles[column.contract] if column.contract else 'text' if column.name | trim | lower in typed_texts else none %}
        {% do kinds.update({column.feature: known}) %}
        {% if not known %}{% do undecided.append(column.feature) %}{% endif %}
    {% endfor %}
    {#- not built in a unit test, nor before the first build -#}
    {% set stored = stored_relation(staged.database, staged.schema, staged.identifier) if undecided else none %}
    {% for feature in undecided %}
        {% do kinds.update({feature: 'text'}) %}
    {% endfor %}
    {% if stored is not none %}
        {% set counts = [] %}
        {% for feature in undecided %}
            {% set value = 'own_' ~ feature %}
            {% do counts.append("count(case when " ~ value ~ " is not null and " ~ safe_double(value) ~ " is null then 1 end)") %}
            {% do counts.append("count(case when lower(" ~ value ~ ") not in ('true', 'false', 't', 'f', 'yes', 'no') then 1 end)") %}
        {% endfor %}
        {% set row = run_query(
            "select " ~ counts | join(', ') ~ " from " ~ stored ~ " where outcome = 'accepted' and not " ~ is_after_as_of('loaded_at')
        ).rows[0] %}
        {% for feature in undecided %}
            {% do kinds.update({feature: 'number' if row[2 * loop.index0] == 0
                else 'boolean' if row[2 * loop.index0 + 1] == 0 else 'text'}) %}
        {% endfor %}
    {% endif %}
    {{ return(kinds) }}
{% endmacro %}
