{# A candidate source: the first ranking_source_pings pings of one ordering of the catalogue, the same for every list, less
   those that the user has seen. A whole model, one row per cutoff, user and ping.

   source: its name. rank_column: the column of int_ranking_orderings. #}
{% macro ordering_source(source, rank_column) %}
with

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

history as (

    select * from {{ ref('int_ranking_history') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}
    where {{ rank_column }} <= {{ var('ranking_source_pings') }}

),

final as (

    select
        lists.cutoff_key,
        lists.user_key,
        orderings.ping_key,
        '{{ source }}' as source,
        orderings.{{ rank_column }} as source_rank
    from lists
    inner join orderings on lists.cutoff_key = orderings.cutoff_key
    left join history
        on
            lists.cutoff_key = history.cutoff_key
            and lists.user_key = history.user_key
            and orderings.ping_key = history.ping_key
    where history.ping_key is null

)

select * from final
{%- endmacro %}
