{# A select that gives each row of a relation the ranked rows from 1 to its depth: user_key, the columns of the ranked
   relation, and those kept of the first.

   relation: CTE with user_key and depth. ranked: CTE with the rank, 1 for the first, without gaps. rank: its column.
   columns: {expression: alias} to select, beside user_key. #}
{% macro join_ranks(relation, ranked, rank, columns) -%}
    {{ adapter.dispatch('join_ranks', 'pingtop')(relation, ranked, rank, columns) }}
{%- endmacro %}

{% macro default__join_ranks(relation, ranked, rank, columns) -%}
    select
        {{ relation }}.user_key
        {%- for expression, alias in columns.items() %},
        {{ expression }} as {{ alias }}
        {%- endfor %}
    from {{ relation }}
    inner join {{ ranked }} on {{ relation }}.depth >= {{ ranked }}.{{ rank }}
{%- endmacro %}

{% macro spark__join_ranks(relation, ranked, rank, columns) -%}
    {#- an inequality would compare every user with every rank: the ranks of a user are written out and joined as equals -#}
    select
        {{ relation }}.user_key
        {%- for expression, alias in columns.items() %},
        {{ expression }} as {{ alias }}
        {%- endfor %}
    from (
        select
            *,
            explode(sequence(cast(1 as bigint), cast(depth as bigint))) as rank_up_to_depth
        from {{ relation }}
        where depth >= 1
    ) as {{ relation }}
    inner join {{ ranked }} on {{ relation }}.rank_up_to_depth = {{ ranked }}.{{ rank }}
{%- endmacro %}
