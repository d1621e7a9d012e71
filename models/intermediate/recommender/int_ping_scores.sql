with

pings as (

    select * from {{ ref('int_cutoff_pings') }}

),

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

engagement as (

    select
        cutoff_key,
        ping_key,
        {{ exact_sum('engagement_score') }} as global_engagement,
        count(*) as users_interacted
    from user_pings
    group by cutoff_key, ping_key

),

scored as (

    select
        pings.cutoff_key,
        pings.ping_key,
        pings.ping_order,
        pings.category_key,
        pings.creator_key,
        pings.is_in_catalogue,
        pings.created_at,
        coalesce(engagement.global_engagement, 0) as global_engagement,
        coalesce(engagement.users_interacted, 0) as users_interacted
    from pings
    left join engagement
        on
            {{ same_cutoff('pings', 'engagement') }}
            and pings.ping_key = engagement.ping_key

),

measured as (

    select
        *,
        min(case when is_in_catalogue then global_engagement end) over (partition by cutoff_key)
            as least_engagement,
        max(case when is_in_catalogue then global_engagement end) over (partition by cutoff_key)
            as most_engagement,
        max(case when is_in_catalogue then created_at end) over (partition by cutoff_key)
            as newest_created_at
    from scored

),

aged as (

    select
        cutoff_key,
        ping_key,
        ping_order,
        category_key,
        creator_key,
        is_in_catalogue,
        created_at,
        global_engagement,
        users_interacted,
        case
            when is_in_catalogue
                then {{ min_max('global_engagement', 'least_engagement', 'most_engagement') }}
        end as popularity,
        case
            when is_in_catalogue and created_at is null
                then cast({{ var('default_age_days') }} as {{ type_double() }})
            when is_in_catalogue
                then floor({{ elapsed_seconds('created_at', 'newest_created_at') }} / 86400)
        end as age_days
    from measured

),

final as (

    select
        *,
        1 / (1 + age_days) as freshness
    from aged

)

select * from final
