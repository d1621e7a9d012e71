{# DuckDB only, part of a run hook: what Pingtop made and no model makes any more, as a list of {'sentence': what to say of it,
   'statement': that drops it; none where it is left alone}. It is then forgotten.

   current: the names, as schema.name in lower case, of all that the code makes in the warehouse. moved: of what it makes elsewhere.
   schemas: that it makes something in. #}
{% macro former_relations(current, moved, schemas) %}
    {% set made = intake_table('made_relations') %}
    {#- what an option has made may only be switched off, unless all that were on then are on -#}
    {% set is_switched_on = "(options is null or list_has_all([" ~ text_list(options_on()) ~ "], string_split(options, ',')))" %}
    {% set names = [] %}
    {% if run_query(
        "select 1 from " ~ intake_table('builds') ~ " where status in ('green', 'warned') limit 1"
    ).rows | length == 0 %}
        {#- what is there may be of a version that kept no register -#}
        {% for name in former_models() %}
            {% set layer = {'base': 'raw', 'stg': 'staging'}.get(name.split('_')[0], 'intermediate') %}
            {% do names.append((generate_schema_name(layer, none) ~ '.' ~ name) | lower) %}
        {% endfor %}
        {% do names.extend(moved) %}
    {% endif %}
    {% set former = [] %}
    {% set found = run_query(
        "select stored.schema_name, stored.relation_name, stored.kind, made.columns is null or made.columns = stored.columns"
        ~ " from (" ~ stored_columns() ~ ") as stored left join " ~ made ~ " as made using (schema_name, relation_name)"
        ~ " where (made.schema_name is not null and " ~ is_switched_on
        ~ " or lower(stored.schema_name || '.' || stored.relation_name) in (" ~ text_list(names) ~ "))"
        ~ " and lower(stored.schema_name || '.' || stored.relation_name) not in (" ~ text_list(current) ~ ")"
        ~ " and lower(stored.schema_name) in (" ~ text_list(schemas) ~ ") order by all"
    ).rows %}
    {% for schema, name, kind, is_as_made in found %}
        {% set relation = api.Relation.create(database=target.database, schema=schema, identifier=name) %}
        {% do former.append({
            'sentence': "Dropped the " ~ kind ~ " " ~ schema ~ "." ~ name ~ ": no model makes it any more.",
            'statement': "drop " ~ kind ~ " " ~ relation,
        } if is_as_made else {
            'sentence': "Left alone the " ~ kind ~ " " ~ schema ~ "." ~ name ~ ": no model makes it any more, but it "
                ~ "has other columns than Pingtop gave it. Drop it yourself, if nobody needs it.",
            'statement': none,
        }) %}
    {% endfor %}
    {% do run_query(
        "delete from " ~ made ~ " where " ~ is_switched_on
        ~ " and lower(schema_name || '.' || relation_name) not in (" ~ text_list(current) ~ ")"
        ~ " and lower(schema_name) in (" ~ text_list(schemas) ~ ")"
    ) %}
    {{ return(former) }}
{% endmacro %}
