{# A regular expression for the texts that are timestamps, for databases whose casts stop at one that is not: a day that
   exists between 1000-01-01 and 9998-12-31, then perhaps a time, then perhaps a zone.

   zone: the expression of the zone, '' for none. #}
{% macro timestamp_pattern(zone) -%}
    {%- set day = "(0?[1-9]|[12][0-9]" -%}
    ^(([1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-(
    {%- set months = [
        "(0?[13578]|1[02])-" ~ day ~ "|3[01])", "(0?[469]|11)-" ~ day ~ "|30)", "0?2-(0?[1-9]|1[0-9]|2[0-8])",
    ] -%}
    {{ months | join('|') }})|([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-0?2-29)
    {%- set time = "( +|T)(0?[0-9]|1[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]*)?)?" -%}
    {{ "(" ~ time ~ ")?" if zone == "" else time ~ zone }}$
{%- endmacro %}
