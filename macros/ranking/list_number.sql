{# The number of a user's list among those of its cutoff, in an order that is drawn by a hash of the user: the first ones are a sample,
   the same in every build. An integer expression.

   pairs: a relation with cutoff_key, a row for each pair. user_id: the user's id, an expression. #}
{% macro list_number(pairs, user_id) -%}
    dense_rank() over (
            partition by {{ pairs }}.cutoff_key
            order by
                {{ portable_hash([user_id, pairs ~ '.cutoff_key']) }},
                {{ in_byte_order(user_id) }}
        )
{%- endmacro %}
