{# Stops the run where a variable of changes is bad: change_values or few_below, or explain_before and explain_after, which must both be
   days, or spans of days, that exist, the first day first. YAML reads a day as a date. No arguments. #}
{% macro check_change_variables() %}
    {% do check_number('change_values', var('change_values'), {'least': 1, 'whole': true}) %}
    {% do check_number('few_below', var('few_below'), {'least': 1, 'whole': true}) %}
    {% set given = [var('explain_before'), var('explain_after')] %}
    {% for value in given if given != [none, none] %}
        {% if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}([.][.]\\d{4}-\\d{2}-\\d{2})?$', value | string) %}
            {% do exceptions.raise_compiler_error(
                "explain_before and explain_after must both be a day such as 2022-04-28, or days such as 2022-04-20..2022-04-26, but one is '"
                ~ value ~ "': correct it in --vars."
            ) %}
        {% endif %}
        {% set days = (value | string).split('..') %}
        {% for day in days %}{% do check_timestamp('explain_before or explain_after', day) %}{% endfor %}
        {% if (days | first) > (days | last) %}
            {% do exceptions.raise_compiler_error(
                "explain_before or explain_after is '" ~ value ~ "', which ends before it begins: give the earlier day first in --vars."
            ) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
