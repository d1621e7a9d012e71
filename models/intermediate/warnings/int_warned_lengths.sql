with

known_lengths as (

    select
        count(*) as n_pings,
        count(case when duration_sec > 7200 then 1 end) as n_long
    from {{ ref('int_pings') }}
    where
        is_in_catalogue
        and is_duration_known

),

final as (

    select
        {{ warning_rows(
            "'lengths of hours'", "'pings'", "'duration_sec'", 'n_long', 'n_pings',
            'cast(null as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from known_lengths
    where n_long > 0.5 * n_pings

)

select * from final
