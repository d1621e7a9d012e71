-- What follows from the features of the user and of the ping is put together by who reads it.
{% set features = [
    'signup_group_lift', 'activity_group_lift', 'category_pings', 'category_affinity',
    'category_positive_rate', 'category_lift', 'declared_affinity', 'duration_positive_rate',
    'covisitation', 'creator_pings', 'creator_positive',
] %}
with

features as (

    select * from {{ ref('int_ranking_rerank_features') }}

),

tree_users as (

    select * from {{ ref('int_ranking_tree_users') }}

),

candidates as (

    select * from {{ ref('int_ranking_candidates') }}
    where cutoff_key = 0

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

final as (

    select
        users.user_id,
        cast(features.list_rank as bigint) as rank,
        pings.ping_id,
        {{ candidate_sources('candidates') }} as sources,
        {%- for feature in features %}
        cast(features.{{ feature }} as {{ type_double() }}) as {{ feature }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from features
    inner join tree_users on features.user_key = tree_users.user_key
    inner join candidates
        on
            features.user_key = candidates.user_key
            and features.ping_key = candidates.ping_key
    inner join users on features.user_key = users.user_key
    inner join pings on features.ping_key = pings.ping_key

)

select * from final
