{# Where the groups of a ping's age begin, in whole days; each ends where the next begins. The group after the last is of unknown ages.
   No arguments. #}
{% macro ping_age_starts() %}
    {{ return([0, 1, 2, 4, 8, 15, 29]) }}
{% endmacro %}
