{# A query that leaves out of some pairs what the user has seen and what is restricted: the rows of `pairs`.

   pairs: a relation with user_key and ping_key. seen: one with the pairs that have events. restricted: one with the pairs that
   must not be recommended, as restricted_pairs gives them. keys: the columns that all but `restricted` are joined by. #}
{% macro available_pairs(pairs, seen, restricted, keys=['user_key', 'ping_key']) %}
    select {{ pairs }}.*
    from {{ pairs }}
    left join {{ seen }}
        on
            {% for key in keys -%}
            {{ 'and ' if not loop.first }}{{ pairs }}.{{ key }} = {{ seen }}.{{ key }}
            {% endfor %}
    left join {{ restricted }}
        on
            {{ pairs }}.user_key = {{ restricted }}.user_key
            and {{ pairs }}.ping_key = {{ restricted }}.ping_key
    where
        {{ seen }}.ping_key is null
        and {{ restricted }}.ping_key is null
{% endmacro %}
