with

interactions as (

    {{ accepted_rows('interactions') }}

),

accepted_exposures as (

    {{ accepted_rows('exposures') }}

),

exposures as (

    select
        ping_key,
        dwell_time
    from accepted_exposures
    where dwell_time > 0

),

view_types as (

    select event_type_key
    from {{ ref('stg_event_weights') }} as weights
    where {{ is_event_type('weights', 'view') }}

),

files as (

    {{ read_files() }}

),

pings as (

    select
        ping_key,
        duration_sec * {{ var('max_median_watch_time_ratio') }} as longest_usual_sec,
        -- 15 s in milliseconds are more than four hours
        case when is_duration_known and duration_sec >= 1000 then 0.005 * duration_sec end
            as shortest_usual_sec
    from {{ ref('int_pings') }}

),

file_views as (

    select
        interactions.file_number,
        count(*) as n_views,
        count(interactions.watch_time_sec) as n_timed_views,
        count(
            case when interactions.watch_time_sec > {{ var('max_watch_time_sec') }} then 1 end
        ) as n_capped,
        count(
            case when interactions.watch_time_sec > pings.longest_usual_sec then 1 end
        ) as n_giant,
        count(
            case when interactions.watch_time_sec < pings.shortest_usual_sec then 1 end
        ) as n_tiny
    from interactions
    inner join view_types on interactions.event_type_key = view_types.event_type_key
    inner join pings on interactions.ping_key = pings.ping_key
    group by interactions.file_number

),

views as (

    select
        'interactions' as source_table,
        'watch_time_sec' as column_name,
        sum(n_views) as n_views,
        sum(n_timed_views) as n_timed_views,
        sum(n_capped) as n_capped,
        sum(n_giant) as n_giant,
        sum(n_tiny) as n_tiny
    from file_views
    having sum(n_views) > 0
    union all
    select
        'exposures' as source_table,
        'dwell_time' as column_name,
        count(*) as n_views,
        count(*) as n_timed_views,
        count(
            case when exposures.dwell_time > {{ var('max_watch_time_sec') }} then 1 end
        ) as n_capped,
        count(case when exposures.dwell_time > pings.longest_usual_sec then 1 end) as n_giant,
        count(case when exposures.dwell_time < pings.shortest_usual_sec then 1 end) as n_tiny
    from exposures
    inner join pings on exposures.ping_key = pings.ping_key
    having count(*) > 0

),

timed as (

    select sum(n_timed_views) as n_timed_views from views

),

untimed_files as (

    select
        count(*) as n_files,
        count(case when file_views.n_timed_views = 0 then 1 end) as n_untimed_files,
        min(case when file_views.n_timed_views = 0 then files.path end) as first_path
    from file_views
    left join files
        on
            file_views.file_number = files.file_number
            and files.source_table = 'interactions'

),

final as (

    select
        {{ warning_rows(
            "case when timed.n_timed_views = 0 then 'no watch times' else 'missing watch times' end",
            'views.source_table', 'views.column_name', 'views.n_views - views.n_timed_views',
            'views.n_views', 'cast(null as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from views
    cross join timed
    where
        views.n_views - views.n_timed_views
        > {{ var('warn_missing_watch_time_share') }} * views.n_views
    union all
    select
        {{ warning_rows(
            "'missing watch times in a file'", "'interactions'", "'watch_time_sec'", 'n_untimed_files',
            'n_files', 'first_path'
        ) | trim }}
    from untimed_files
    where n_untimed_files > 0 and n_untimed_files < n_files
    union all
    select
        {{ warning_rows(
            "'capped watch times'", 'source_table', 'column_name', 'n_capped', 'n_views',
            'cast(null as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from views
    where n_capped > 0
    union all
    select
        {{ warning_rows(
            "'watch times in milliseconds'", 'source_table', 'column_name', 'n_giant', 'n_views',
            'cast(null as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from views
    where n_giant > 0.5 * n_views
    union all
    select
        {{ warning_rows(
            "'lengths in milliseconds'", 'source_table', 'column_name', 'n_tiny', 'n_views',
            'cast(null as ' ~ dbt.type_string() ~ ')'
        ) | trim }}
    from views
    where n_tiny > 0.5 * n_views

)

select * from final
