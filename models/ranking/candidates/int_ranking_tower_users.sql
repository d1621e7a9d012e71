-- Groups are texts here, so that the towers have an input for each.
{{ config(materialized='view') }}

with

users as (

    select * from {{ ref('int_ranking_users') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

{% if var('ranking_user_features') -%}
own_features as (

    {{ tower_own_features('users') | trim }}

),

{% endif -%}
final as (

    select
        {% for column in own_columns('users') -%}
        own_features.own_user_{{ column.feature }},
        {% endfor -%}
        users.cutoff_key,
        users.user_key,
        user_keys.user_id,
        lists.user_key is not null as is_listed,
        coalesce(lists.n_seen_pings, 0) as n_seen_pings,
        users.signup_percentile,
        cast(users.signup_group as {{ dbt.type_string() }}) as signup_group,
        cast(users.activity_group as {{ dbt.type_string() }}) as activity_group,
        users.positive_rate,
        users.mean_ratio,
        users.mean_log_duration
    from users
    inner join user_keys on users.user_key = user_keys.user_key
    left join lists
        on
            users.cutoff_key = lists.cutoff_key
            and users.user_key = lists.user_key
    {%- if var('ranking_user_features') %}
    left join own_features
        on
            users.cutoff_key = own_features.cutoff_key
            and users.user_key = own_features.user_key
    {%- endif %}

)

select * from final
