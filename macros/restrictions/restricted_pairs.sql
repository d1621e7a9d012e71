{# A query that gives the pairs that must not be recommended: user_key and ping_key, once each.

   pairs: a relation with user_key and ping_key.
   user_restrictions, restricted_pings: the models of these names, or CTEs that import them. #}
{% macro restricted_pairs(pairs, user_restrictions, restricted_pings) %}
    select distinct
        {{ pairs }}.user_key,
        {{ pairs }}.ping_key
    from {{ pairs }}
    inner join {{ user_restrictions }} on {{ pairs }}.user_key = {{ user_restrictions }}.user_key
    inner join {{ restricted_pings }}
        on
            {{ user_restrictions }}.restriction_key = {{ restricted_pings }}.restriction_key
            and {{ pairs }}.ping_key = {{ restricted_pings }}.ping_key
{% endmacro %}
