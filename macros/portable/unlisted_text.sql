{# A text that is a list as programs write it (["music", "sport"], ['music'], [music]) with | between its items instead; any other text as
   it is. value: a text expression. A ' is chr(39), since Spark reads two of them as none. #}
{% macro unlisted_text(value) -%}
    {%- set inner = "substr(" ~ value ~ ", 2, length(" ~ value ~ ") - 2)" -%}
    case
        when {{ value }} like '["%]' then replace(replace({{ inner }}, '"', ''), ',', '|')
        when {{ value }} like '[' || chr(39) || '%]' then replace(replace({{ inner }}, chr(39), ''), ',', '|')
        when {{ value }} like '[%]' then replace({{ inner }}, ',', '|')
        else {{ value }}
    end
{%- endmacro %}
