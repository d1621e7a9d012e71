{# Stops the run where a variable is not a number, or out of its range.

   name, value: the variable. rule: optional (null allowed), or (a word that is allowed, too), whole, least (>=), above (>), most (<=). #}
{% macro check_number(name, value, rule) %}
    {% set problem = namespace(text=none) %}
    {% if value is none and rule.get('optional') or value is string and value == rule.get('or') %}
        {# not set, or a word that says how it is chosen #}
    {% elif value is boolean or value is not number %}
        {% set problem.text = 'a number' %}
    {% elif value != value or value - value != 0 %}
        {% set problem.text = 'a finite number' %}
    {% elif rule.get('whole') and value != value | int %}
        {% set problem.text = 'a whole number' %}
    {% elif 'least' in rule and value < rule['least'] %}
        {% set problem.text = 'at least ' ~ rule['least'] %}
    {% elif 'above' in rule and value <= rule['above'] %}
        {% set problem.text = 'above ' ~ rule['above'] %}
    {% elif 'most' in rule and value > rule['most'] %}
        {% set problem.text = 'at most ' ~ rule['most'] %}
    {% endif %}
    {% if problem.text %}
        {% do exceptions.raise_compiler_error(
            "The variable " ~ name ~ " must be " ~ problem.text ~ (" or " ~ rule['or'] if 'or' in rule else '') ~ ", but is "
            ~ ('not set' if value is none else ("the text '" if value is string else "'") ~ value ~ "'")
            ~ ": correct it in dbt_project.yml or in --vars."
        ) %}
    {% endif %}
{% endmacro %}
