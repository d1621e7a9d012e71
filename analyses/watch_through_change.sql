-- Why did the watch-through rate move, the last 7 days against the 7 before, by category? The same
-- as metric_changes; put any other column in place of the category for a dimension of your own.
with

interactions as (

    select * from {{ ref('interactions') }}
    where watch_time_ratio is not null

),

pings as (

    select * from {{ ref('pings') }}

),

log_end as (

    select max(event_timestamp) as newest_event_timestamp from {{ ref('interactions') }}

),

views as (

    select
        coalesce(pings.category, 'unknown') as value_label,
        {{ days_before('interactions.event_timestamp', 'log_end.newest_event_timestamp') }} <= 7
            as is_after,
        {{ is_watched_through('interactions.watch_time_ratio') }} as is_watched_through
    from interactions
    cross join log_end
    left join pings on interactions.ping_id = pings.ping_id
    where
        {{ days_before('interactions.event_timestamp', 'log_end.newest_event_timestamp') }} <= 14

),

counted as (

    select
        value_label,
        count(*) filter (where is_watched_through and not is_after) as numerator_before,
        count(*) filter (where not is_after) as denominator_before,
        count(*) filter (where is_watched_through and is_after) as numerator_after,
        count(*) filter (where is_after) as denominator_after
    from views
    group by value_label

),

with_whole as (

    select
        *,
        sum(numerator_before) over () as whole_numerator_before,
        sum(denominator_before) over () as whole_denominator_before,
        sum(numerator_after) over () as whole_numerator_after,
        sum(denominator_after) over () as whole_denominator_after,
        false as is_shared
    from counted

),

effects as (

    {{ change_effects('with_whole') | trim }}

)

select
    value_label,
    rate_before,
    rate_after,
    share_before,
    share_after,
    rate_effect,
    mix_effect,
    effect
from effects
order by abs(effect) desc, value_label
