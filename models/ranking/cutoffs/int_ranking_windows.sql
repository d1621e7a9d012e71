-- A horizon is long enough where both the last one, to check with, and the one before it, to learn
-- from, have ranking_least_lists lists: users who were known at its start and found something new
-- and relevant in it. That is ten times what a stage trains on (LEAST_LISTS in
-- scripts/ranking/data.py), since in a sparse log few lists have a candidate among what was found.
-- Where no horizon has as many, the shortest with those ten is taken; where none has, the one with
-- most: the stages then say what is missing.
{% set horizon = var('ranking_horizon_hours') %}
{% set step = var('ranking_step_hours') %}
{% set step = 'greatest(floor(horizon_hours / 2), 1)' if step == 'auto' else step %}
{% set decay = var('ranking_decay_hours') %}
{% set decay = '1.5 * horizon_hours' if decay == 'auto' else decay %}
{% set covisitation = var('ranking_covisitation_hours') %}
{% set covisitation = '7 * horizon_hours' if covisitation == 'auto' else covisitation %}
{% set ladder = ranking_ladder() if horizon == 'auto' else [horizon] %}
with

responses as (

    select * from {{ ref('int_ranking_responses') }}

),

users as (

    select
        user_key,
        is_registered and signup_date is null as is_always_known,
        {{ time_bin('cast(signup_date as timestamp)', 3600) }} as signup_hour
    from {{ ref('int_users') }}

),

span as (

    select
        coalesce(min(hour_number), 0) as first_hour,
        coalesce(max(hour_number) + 1, 0) as end_hour
    from responses

),

-- a pair is in the truth of a cutoff where nothing happened before it, and something relevant in
-- the horizon after it
pairs as (

    select
        user_key,
        min(hour_number) as first_hour,
        min(case when relevance_grade > 0 then hour_number end) as first_relevant_hour
    from responses
    where is_in_catalogue
    group by user_key, ping_key

),

first_events as (

    select
        user_key,
        min(hour_number) as first_hour
    from responses
    group by user_key

),

known_users as (

    select
        users.user_key,
        case
            when not users.is_always_known
                then least(users.signup_hour, first_events.first_hour)
        end as first_known_hour
    from users
    inner join first_events on users.user_key = first_events.user_key

),

found as (

    select
        pairs.user_key,
        {%- for hours in ladder %}
        {%- for part, horizons in [('checked', 1), ('learned', 2)] %}
        max(case
            when
                pairs.first_hour >= span.end_hour - {{ horizons * hours }}
                and pairs.first_relevant_hour < span.end_hour - {{ (horizons - 1) * hours }}
                and coalesce(
                    known_users.first_known_hour < span.end_hour - {{ horizons * hours }}, true
                )
                then 1
            else 0
        end) as {{ part }}_{{ hours }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from pairs
    inner join known_users on pairs.user_key = known_users.user_key
    cross join span
    group by pairs.user_key

),

counted as (
    {% for hours in ladder %}
    select
        {{ hours }} as horizon_hours,
        coalesce(sum(learned_{{ hours }}), 0) as lists_to_learn_from,
        coalesce(sum(checked_{{ hours }}), 0) as lists_to_check_with
    from found
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

-- the cutoff to learn from needs a horizon of history, too
judged as (

    select
        counted.*,
        case
            when 3 * counted.horizon_hours > span.end_hour - span.first_hour then 0
            else least(counted.lists_to_learn_from, counted.lists_to_check_with)
        end as n_lists
    from counted
    cross join span

),

ranked as (

    select
        *,
        row_number() over (
            order by
                case
                    when n_lists >= {{ var('ranking_least_lists') }} then 1
                    when n_lists >= 10 then 2
                    else 3
                end,
                case when n_lists < 10 then -n_lists end,
                horizon_hours
        ) as place_number
    from judged

),

final as (

    select
        cast(horizon_hours as bigint) as horizon_hours,
        cast({{ step }} as bigint) as step_hours,
        cast({{ decay }} as {{ type_double() }}) as decay_hours,
        cast({{ covisitation }} as {{ type_double() }}) as covisitation_hours,
        cast(0.25 * horizon_hours as {{ type_double() }}) as hours_6h,
        cast(horizon_hours as {{ type_double() }}) as hours_24h,
        cast(2 * horizon_hours as {{ type_double() }}) as hours_48h,
        cast(lists_to_learn_from as bigint) as lists_to_learn_from,
        cast(lists_to_check_with as bigint) as lists_to_check_with
    from ranked
    where place_number = 1

)

select * from final
