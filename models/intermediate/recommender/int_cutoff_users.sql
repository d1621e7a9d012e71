with

activity as (

    select * from {{ ref('int_user_activity') }}

),

{% if var('ranking_enabled') -%}
training_users as (

    select distinct
        cutoff_key,
        user_key
    from {{ ref('int_ranking_truth') }}

),

known_users as (

    select * from {{ ref('int_ranking_users') }}

),

{% endif -%}
final as (

    select
        cast(0 as integer) as cutoff_key,
        user_key,
        n_seen_pings,
        n_affinity_events
    from activity
    {%- if var('ranking_enabled') %}
    union all
    select
        training_users.cutoff_key,
        training_users.user_key,
        known_users.n_seen_pings,
        known_users.n_affinity_events
    from training_users
    inner join known_users
        on
            training_users.cutoff_key = known_users.cutoff_key
            and training_users.user_key = known_users.user_key
    {%- endif %}

)

select * from final
