{# Finds the canonical columns among a file's own.

   table: one of raw_contract.
   names: the file's column names, as they came. Case and stray blanks do not matter.
   where: how an error message names the file.
   Returns {canonical name: [positions in names, preferred first]}. A vital column that is not there stops the run. #}
{% macro match_raw_columns(table, names, where) %}
    {% set normalised = [] %}
    {% for name in names %}
        {% do normalised.append((name or '') | trim | lower) %}
    {% endfor %}
    {% set matches = {} %}
    {% for column in raw_contract(table) %}
        {% set positions = [] %}
        {% for accepted in [column.name] + column.aliases %}
            {% for position in range(normalised | length) if normalised[position] == accepted %}
                {% do positions.append(position) %}
            {% endfor %}
        {% endfor %}
        {% if not positions and column.vital %}
            {% do exceptions.raise_compiler_error(
                where ~ " has no column " ~ ([column.name] + column.aliases) | join(' or ')
                ~ " (its columns: " ~ names | join(', ') ~ "): rename the column or correct the header."
            ) %}
        {% endif %}
        {% do matches.update({column.name: positions}) %}
    {% endfor %}
    {{ return(matches) }}
{% endmacro %}
