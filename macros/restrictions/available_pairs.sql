{# A query that leaves out of some pairs what the user has seen and what is restricted: the rows of `pairs`.

   pairs: a relation with user_key and ping_key. seen: one with the pairs that have events. restricted: one with the pairs that
   must not be recommended, as restricted_pairs gives them. by_cutoff: whether pairs and seen have a cutoff_key, too. #}
{% macro available_pairs(pairs, seen, restricted, by_cutoff=false) %}
    select {{ pairs }}.*
    from {{ pairs }}
    left join {{ seen }}
        on
            {{ pairs }}.user_key = {{ seen }}.user_key
            and {{ pairs }}.ping_key = {{ seen }}.ping_key
            {%- if by_cutoff %}
            and {{ same_cutoff(pairs, seen) }}
            {%- endif %}
    left join {{ restricted }}
        on
            {{ pairs }}.user_key = {{ restricted }}.user_key
            and {{ pairs }}.ping_key = {{ restricted }}.ping_key
    where
        {{ seen }}.ping_key is null
        and {{ restricted }}.ping_key is null
{% endmacro %}
