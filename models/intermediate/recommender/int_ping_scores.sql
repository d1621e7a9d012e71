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

catalogues as (

    select
        cutoff_key,
        min(global_engagement) as least_engagement,
        max(global_engagement) as most_engagement,
        max(created_at) as newest_created_at
    from scored
    where is_in_catalogue
    group by cutoff_key

),

aged as (

    select
        scored.*,
        case
            when scored.is_in_catalogue then coalesce({{ safe_divide(
                '(scored.global_engagement - catalogues.least_engagement)',
                '(catalogues.most_engagement - catalogues.least_engagement)'
            ) }}, 0)
        end as popularity,
        case
            when scored.is_in_catalogue and scored.created_at is null
                then cast({{ var('default_age_days') }} as {{ type_double() }})
            when scored.is_in_catalogue
                then floor({{ elapsed_seconds(
                    'scored.created_at', 'catalogues.newest_created_at'
                ) }} / 86400)
        end as age_days
    from scored
    left join catalogues on scored.cutoff_key = catalogues.cutoff_key

),

final as (

    select
        *,
        1 / (1 + age_days) as freshness
    from aged

)

select * from final
