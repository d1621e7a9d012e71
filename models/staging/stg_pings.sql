with

pings as (

    select * from {{ ref('base_pings') }}

),

typed as (

    select
        {{ own_values('pings', is_raw=true) -}}
        raw_row_number,
        raw_row,
        row_problem,
        duration_sec as raw_duration_sec,
        created_at as raw_created_at,
        quality_score as raw_quality_score,
        region_restriction as raw_region_restriction,
        {{ clean_text('ping_id') }} as ping_id,
        {{ clean_text('creator_id') }} as creator_id,
        {{ clean_text('main_hashtag') }} as main_hashtag,
        {{ clean_text('category') }} as category,
        {{ safe_double('duration_sec') }} as duration_sec,
        {{ safe_timestamp('created_at') }} as created_at,
        {{ safe_double('quality_score') }} as quality_score,
        {{ sorted_items('region_restriction') }} as region_restriction,
        {{ safe_timestamp('updated_at') }} as updated_at,
        {{ safe_timestamp('loaded_at') }} as loaded_at
    from pings

),

checked as (

    select
        *,
        {{ plausible_duration('duration_sec') }} as plausible_duration_sec,
        case
            when {{ is_finite('quality_score') }} and abs(quality_score) < 1e15 then quality_score
        end as plausible_quality_score,
        case
            when row_problem is not null then row_problem
            when ping_id is null then 'missing id'
        end as row_reject_reason,
        {{ is_after_known_as_of('loaded_at') }} as is_after_known_as_of,
        {{ is_after_as_of('created_at') }} as is_after_as_of
    from typed

),

numbered as (

    select
        *,
        row_number() over (
            partition by ping_id, row_reject_reason, is_after_as_of, is_after_known_as_of
            order by {{ newest_row_first() }}
        ) as copy_number
    from checked

),

final as (

    select
        {{ own_values('pings') -}}
        raw_row_number,
        ping_id,
        creator_id,
        main_hashtag,
        category,
        plausible_duration_sec as duration_sec,
        created_at,
        plausible_quality_score as quality_score,
        region_restriction,
        plausible_duration_sec is null
        and {{ is_present('raw_duration_sec') }} as is_duration_sec_nulled,
        created_at is null and {{ is_present('raw_created_at') }} as is_created_at_nulled,
        plausible_quality_score is null
        and {{ is_present('raw_quality_score') }} as is_quality_score_nulled,
        region_restriction is null
        and {{ is_present('raw_region_restriction') }} as is_region_restriction_nulled,
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
        copy_number,
        loaded_at,
        raw_row
    from numbered

)

select * from final
