{# A select with each id of a relation and an integer key: keys follow the byte order of the ids, so that a tie by key is a
   tie by id.

   relation: what stands after `from`, with the id once each. id, key: the names of the columns. #}
{% macro numbered_keys(relation, id, key) -%}
    {{ adapter.dispatch('numbered_keys', 'pingtop')(relation, id, key) }}
{%- endmacro %}

{% macro default__numbered_keys(relation, id, key) -%}
    select
        {{ id }},
        cast(row_number() over (order by {{ in_byte_order(id) }}) as integer) as {{ key }}
    from {{ relation }}
{%- endmacro %}

{% macro spark__numbered_keys(relation, id, key) -%}
    {#- a window without a partition would bring all ids into one task; sorted in parallel and numbered task by task, keys
        have gaps but the same order -#}
    select
        {{ id }},
        monotonically_increasing_id() as {{ key }}
    from (
        select {{ id }} from {{ relation }} order by {{ id }}
    ) as sorted_ids
{%- endmacro %}
