-- The heuristic's lists as of each cutoff.
with

pairs as (

    select * from {{ ref('int_ranking_heuristic_pairs') }}

),

users as (

    select * from {{ ref('int_ranking_users') }}

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

user_creators as (

    select * from {{ ref('int_ranking_user_creators') }}

),

orderings as (

    select * from {{ ref('int_ranking_orderings') }}

),

offered as (

    {{ score_listed_pairs('pairs') | trim }}

),

{{ source_lists('heuristic', 'offered.heuristic_score desc', most=var('top_k')) | trim }}

select * from final
