{# A text that is a list as programs write it (["music", "sport"], ['music'], [music]) with | between its items instead; any other text as
   it is. value: a text expression. #}
{% macro unlisted_text(value) -%}
    {%- set inner = "substr(" ~ value ~ ", 2, length(" ~ value ~ ") - 2)" -%}
    case
        when {{ value }} like '["%]' then replace(replace({{ inner }}, '"', ''), ',', '|')
        when {{ value }} like '[''%]' then replace(replace({{ inner }}, '''', ''), ',', '|')
        when {{ value }} like '[%]' then replace({{ inner }}, ',', '|')
        else {{ value }}
    end
{%- endmacro %}
