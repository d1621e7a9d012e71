{# The columns of users or pings that a ranking variable makes features, over all sources: [{'name' in the sources; 'contract': the column
   of the contract that it is read as, none for a further one; 'feature': its name without case, blanks and signs, once each, and never
   that of another column of the contract}].
   A named column that no source has stops the run.

   table: one of raw_contract; of others than users and pings there are none. Empty while parsing. #}
{% macro own_columns(table) %}
    {% set variable = 'ranking_' ~ table[:-1] ~ '_features' %}
    {% if not execute or table not in ['users', 'pings'] or not var('ranking_enabled') or not var(variable) %}
        {{ return([]) }}
    {% endif %}
    {% set found, names, columns, features = {}, [], [], ['key'] %}
    {% for part in raw_parts(table) %}
        {% set read = read_columns(table, part, with_own=false) %}
        {% for name, _ in read if name != '(all rows)' %}{% do names.append(name) %}{% endfor %}
        {% for column in own_part_columns(table, part, read) if column.name | trim | lower not in found %}
            {% do found.update({column.name | trim | lower: column}) %}
        {% endfor %}
    {% endfor %}
    {#- the demo's seeds may not be there yet -#}
    {% set is_demo = not (raw_location() or raw_schema() or raw_mapping()) %}
    {% for name in var(variable) if var(variable) != 'all' and (names or not is_demo) %}
        {% set contract_column = found.get(name | trim | lower, {}).get('contract') %}
        {% if name | trim | lower not in found %}
            {% do exceptions.raise_compiler_error(
                "The variable " ~ variable ~ " has the column '" ~ name ~ "', which no source of " ~ table ~ " has: "
                ~ nearest_names(name, names | unique | list) ~ "."
            ) %}
        {% elif contract_column in [table[:-1] ~ '_id', 'signup_date', 'created_at', 'updated_at', 'loaded_at'] %}
            {% do exceptions.raise_compiler_error(
                "The variable " ~ variable ~ " has the column '" ~ name ~ "', which is read as " ~ contract_column
                ~ " and says nothing that the stages could learn from: take it out of the variable."
            ) %}
        {% endif %}
    {% endfor %}
    {% set contract = raw_contract(table) | map(attribute='name') | list %}
    {% for column in found.values() %}
        {% set taken = features + contract | reject('equalto', column.contract) | list %}
        {% set plain = modules.re.sub('[^a-z0-9]+', '_', column.name | trim | lower).strip('_') or 'column' %}
        {% set feature = namespace(name=plain, number=1) %}
        {% for _ in taken if feature.name in taken %}
            {% set feature.number = feature.number + 1 %}
            {% set feature.name = plain ~ '_' ~ feature.number %}
        {% endfor %}
        {% do features.append(feature.name) %}
        {% do columns.append(dict(column, feature=feature.name)) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
