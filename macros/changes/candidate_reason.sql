{# Which of a list's personal reasons hold for a user and a ping, in words. has_category, has_creator: boolean expressions, whether the user
   had any event on the ping's category, on its creator. #}
{% macro candidate_reason(has_category, has_creator) -%}
    case
        when {{ has_category }} and {{ has_creator }} then 'prefers category; engaged creator'
        when {{ has_category }} then 'prefers category'
        when {{ has_creator }} then 'engaged creator'
        else 'neither'
    end
{%- endmacro %}
