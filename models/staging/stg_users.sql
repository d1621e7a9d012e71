with

users as (

    select * from {{ ref('base_users') }}

),

typed as (

    select
        {{ own_values('users', is_raw=true) -}}
        raw_row_number,
        raw_row,
        row_problem,
        signup_date as raw_signup_date,
        age as raw_age,
        blocklist as raw_blocklist,
        {{ clean_text('user_id') }} as user_id,
        {{ clean_text('country') }} as country,
        {{ clean_text('region') }} as region,
        {{ sorted_items('blocklist') }} as blocklist,
        {{ safe_timestamp('signup_date') }} as signed_up_at,
        {{ safe_double('age') }} as age,
        {{ safe_timestamp('updated_at') }} as updated_at,
        {{ safe_timestamp('loaded_at') }} as loaded_at
    from users

),

checked as (

    select
        *,
        cast(signed_up_at as date) as signup_date,
        cast(
            case when {{ is_finite('age') }} and abs(age) < 1e6 then floor(age) end as bigint
        ) as age_years,
        case
            when row_problem is not null then row_problem
            when user_id is null then 'missing id'
        end as row_reject_reason,
        {{ is_after_known_as_of('loaded_at') }} as is_after_known_as_of,
        {{ is_after_as_of('signed_up_at') }} as is_after_as_of
    from typed

),

numbered as (

    select
        *,
        row_number() over (
            partition by user_id, row_reject_reason, is_after_as_of, is_after_known_as_of
            order by {{ newest_row_first() }}
        ) as copy_number
    from checked

),

final as (

    select
        {{ own_values('users') -}}
        raw_row_number,
        user_id,
        country,
        signed_up_at,
        signup_date,
        age_years as age,
        region,
        blocklist,
        signup_date is null and {{ is_present('raw_signup_date') }} as is_signup_date_nulled,
        age_years is null and {{ is_present('raw_age') }} as is_age_nulled,
        blocklist is null and {{ is_present('raw_blocklist') }} as is_blocklist_nulled,
        case
            when is_after_known_as_of then 'after_known_as_of'
            else {{ intake_outcome('is_after_as_of', 'row_reject_reason', 'copy_number') }}
        end as outcome,
        case
            when not is_after_known_as_of
                then {{ intake_reject_reason(
                    'is_after_as_of', 'row_reject_reason', 'copy_number'
                ) }}
        end as reject_reason,
        loaded_at,
        raw_row
    from numbered

)

select * from final
