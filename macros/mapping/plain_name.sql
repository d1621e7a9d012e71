{# A name without what people write in different ways: case, blanks, dashes and underscores. name: the text itself, not an expression. #}
{% macro plain_name(name) %}
    {{ return(modules.re.sub('[ _-]', '', (name if name is not none else '') | string | lower)) }}
{% endmacro %}
