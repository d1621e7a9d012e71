{# How the user's own sources are to be read, from the variable raw_mapping or, without one, the file mapping.yml in the raw location
   (docs/intake.md): {table of raw_contract: [sources]}, each source checked and complete, as mapped_source gives it. Empty where
   there is none. A mapping that has a mistake stops the run in a sentence. #}
{% macro raw_mapping() %}
    {% set given = {'where': 'The variable raw_mapping', 'mapping': var('raw_mapping')} %}
    {% if not execute %}
        {{ return({}) }}
    {% endif %}
    {% if given.mapping is string and given.mapping %}
        {% do given.update({'text': given.mapping, 'mapping': fromyaml(given.mapping, 'is no YAML')}) %}
    {% elif not given.mapping and raw_location() %}
        {% set file = mapping_file() %}
        {% if file.text is not none %}
            {% do given.update({'where': file.path, 'text': file.text, 'mapping': fromyaml(file.text, 'is no YAML')}) %}
        {% endif %}
    {% endif %}
    {% if not given.mapping %}
        {{ return({}) }}
    {% elif given.mapping is not mapping %}
        {% do stop_for_mapping(given.where, "is not YAML with the names of tables, as in docs/intake.md") %}
    {% endif %}
    {% set repeated = repeated_key(given.text or '') %}
    {% if repeated %}
        {% do stop_for_mapping(given.where, "has the key '" ~ repeated ~ "' twice in one place, of which only the last would count") %}
    {% endif %}
    {#- those of experiments may stand there before experiments_enabled is set -#}
    {% set tables = ['users', 'pings', 'interactions', 'exposures', 'topic_affinities', 'experiment_assignments', 'experiments'] %}
    {% set checked = {} %}
    {% for table, sources in given.mapping.items() %}
        {% do check_name(table, tables, given.where, 'table') %}
        {% if sources is mapping or sources is string or sources is not iterable %}
            {% do stop_for_mapping(given.where, "must have a list of sources for " ~ table ~ ", each beginning with a dash") %}
        {% endif %}
        {% do checked.update({table: []}) %}
        {% for source in sources %}
            {% do checked[table].append(mapped_source(table, source, given.where ~ ", source " ~ loop.index ~ " of " ~ table)) %}
        {% endfor %}
    {% endfor %}
    {{ return(checked) }}
{% endmacro %}
