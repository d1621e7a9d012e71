{# Texts as the literals of an SQL list, between whose brackets they stand; null where there are none. texts: a list. #}
{% macro text_list(texts) %}
    {% set literals = [] %}
    {% for text in texts %}{% do literals.append(sql_text(text)) %}{% endfor %}
    {{ return(literals | join(', ') or 'null') }}
{% endmacro %}
