{# The lists of a baseline strategy: a whole model, one row per user and rank. They are only made for a rewound
   warehouse, whose lists an evaluation compares.

   rank_column: the column of int_ping_orderings that ranks the catalogue for this strategy. #}
{% macro baseline_lists(rank_column) %}
with

user_activity as (

    select * from {{ ref('int_user_activity') }}
    {% if as_of() is none -%}
    where false
    {%- endif %}

),

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

ping_orderings as (

    select * from {{ ref('int_ping_orderings') }}

),

{{ best_unseen_pings('ping_orderings', rank_column, var('top_k')) | trim }},

ranked as (

    select
        user_key,
        ping_key,
        row_number() over (partition by user_key order by pings_rank) as list_rank
    from best_unseen

),

final as (

    select * from ranked
    where list_rank <= {{ var('top_k') }}

)

select * from final
{%- endmacro %}
