{# What to do where a column of the contract is missing, as the end of a sentence: the column that looks like it, by names that other
   logs have for it, and how to name it.

   column: of the contract. names: the source's column names. #}
{% macro suggested_column(column, names) %}
    {% set suggested = [] %}
    {% for name in names if plain_name(name) in usual_names().get(column, []) %}
        {% do suggested.append(name) %}
    {% endfor %}
    {#- a field inside of another may have the very name -#}
    {% for name in names if '.' in name and plain_name(name.split('.')[-1]) in usual_names().get(column, []) + [plain_name(column)] %}
        {% do suggested.append(name) %}
    {% endfor %}
    {% if suggested %}
        {{ return(
            "'" ~ suggested[0] ~ "' looks like it; if so, say it in mapping.yml (columns: {" ~ column ~ ": "
            ~ suggested[0] ~ "}, docs/intake.md), or rename the column."
        ) }}
    {% endif %}
    {{ return("rename the column, correct the header, or name the column in mapping.yml (docs/intake.md).") }}
{% endmacro %}
