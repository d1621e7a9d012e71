-- A user who has declared interests is taken at their word; of the others, the share of their
-- events on the category is what is known. A declaration has no moment: it holds at every cutoff.
with

declared_affinities as (

    select * from {{ ref('stg_topic_affinities') }}
    where
        outcome = 'accepted'
        and affinity > 0

),

user_categories as (

    select * from {{ ref('int_ranking_user_categories') }}

),

lists as (

    select * from {{ ref('int_cutoff_users') }}

),

cutoff_users as (

    select * from {{ ref('int_ranking_users') }}

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}
    where category_key <> 0

),

categories as (

    select distinct
        category,
        category_key
    from pings

),

declared as (

    select
        users.user_key,
        categories.category_key,
        declared_affinities.affinity
    from declared_affinities
    inner join users on declared_affinities.user_id = users.user_id
    inner join categories on declared_affinities.category = categories.category

),

declaring_users as (

    select distinct user_key from declared

),

interests as (

    select
        lists.cutoff_key,
        lists.user_key,
        declared.category_key,
        declared.affinity,
        true as is_declared
    from lists
    inner join declared on lists.user_key = declared.user_key
    union all
    select
        lists.cutoff_key,
        lists.user_key,
        user_categories.category_key,
        {{ safe_divide('user_categories.n_events', 'cutoff_users.n_events') }} as affinity,
        false as is_declared
    from lists
    inner join user_categories
        on
            lists.cutoff_key = user_categories.cutoff_key
            and lists.user_key = user_categories.user_key
    inner join cutoff_users
        on
            lists.cutoff_key = cutoff_users.cutoff_key
            and lists.user_key = cutoff_users.user_key
    left join declaring_users on lists.user_key = declaring_users.user_key
    where declaring_users.user_key is null

),

final as (

    select
        *,
        row_number() over (
            partition by cutoff_key, user_key order by affinity desc, category_key
        ) as interest_rank
    from interests

)

select * from final
