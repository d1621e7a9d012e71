-- Users and pings are described as they are known at the end: their rows have no moment.
with

label_rows as (

    select * from {{ ref('int_ranking_label_rows') }}

),

label_past as (

    select * from {{ ref('int_ranking_label_past') }}

),

users as (

    select
        *,
        {{ time_bin('cast(signup_date as timestamp)', 1) }} as signup_second
    from {{ ref('int_users') }}

),

pings as (

    select
        *,
        {{ time_bin('created_at', 1) }} as created_second
    from {{ ref('int_pings') }}

),

declared_affinities as (

    select * from {{ ref('stg_topic_affinities') }}
    where outcome = 'accepted'

),

declaring_users as (

    select distinct user_id from declared_affinities

),

final as (

    select
        label_rows.is_candidate,
        label_rows.user_key,
        label_rows.ping_key,
        pings.ping_order as tie_order,
        label_rows.first_second,
        label_rows.last_second,
        label_rows.label,
        cast(users.age as {{ type_double() }}) as age,
        case
            when users.signup_second < label_rows.first_second
                then ln(1 + {{ safe_divide(
                    'label_rows.first_second - users.signup_second', '86400'
                ) }})
        end as signup_days,
        users.country,
        users.region,
        pings.category,
        pings.creator_id as creator,
        case when pings.is_duration_known then ln(1 + pings.duration_sec) end as log_duration,
        case
            when pings.created_second < label_rows.first_second
                then ln(1 + {{ safe_divide(
                    'label_rows.first_second - pings.created_second', '86400'
                ) }})
        end as age_days,
        pings.quality_score,
        case
            when declaring_users.user_id is not null
                then coalesce(declared_affinities.affinity, 0)
        end as declared_affinity,
        label_past.past_user_pings,
        label_past.past_user_score,
        label_past.past_user_hours,
        label_past.past_ping_pings as past_ping_users,
        label_past.past_ping_score,
        label_past.past_ping_hours,
        label_past.past_category_pings,
        label_past.past_category_score,
        label_past.past_creator_pings,
        label_past.past_creator_score
    from label_rows
    inner join label_past
        on
            label_rows.user_key = label_past.user_key
            and label_rows.ping_key = label_past.ping_key
    inner join users on label_rows.user_key = users.user_key
    inner join pings on label_rows.ping_key = pings.ping_key
    left join declaring_users on users.user_id = declaring_users.user_id
    left join declared_affinities
        on
            users.user_id = declared_affinities.user_id
            and pings.category = declared_affinities.category

)

select * from final
