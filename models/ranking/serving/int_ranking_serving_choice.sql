-- Only the newest evaluation of a strategy counts: one that has fallen behind in it serves no more.
{% set is_given = 'false' if var('serving_strategy') == 'auto' else 'true' %}
with

promotions as (

    select * from {{ ref('int_recorded_promotions') }}
    where
        not {{ is_given }}
        and strategy in ('gbdt', 'neural')
        -- what was found on another log says nothing of this one
        and log_source = {{ sql_text(log_source()) }}
        -- a rewound warehouse knows the evaluations whose held-out days were over by then
        and {{ 'true' if as_of() is none else 'horizon_end <= ' ~ as_of() }}

),

statuses as (

    select
        stage,
        name as status
    from {{ ref('int_ranking_stage_facts') }}
    where kind = 'status'

),

newest as (

    select
        strategy,
        max(recorded_at) as recorded_at
    from promotions
    group by strategy

),

judged as (

    select
        promotions.strategy,
        max(promotions.metric) || '@' || cast(max(promotions.k) as {{ dbt.type_string() }})
            as measured_by,
        count(*) as n_cutoffs,
        count(case when promotions.low > 0 then 1 end) as n_won,
        avg(promotions.difference) as mean_difference
    from promotions
    inner join newest
        on
            promotions.strategy = newest.strategy
            and promotions.recorded_at = newest.recorded_at
    group by promotions.strategy

),

ranked as (

    select
        judged.*,
        judged.n_won = judged.n_cutoffs as has_earned,
        coalesce(statuses.status = 'trained', false) as is_trained,
        row_number() over (
            order by
                case when judged.n_won = judged.n_cutoffs then 1 else 2 end,
                case when statuses.status = 'trained' then 1 else 2 end,
                judged.mean_difference desc nulls last,
                judged.strategy
        ) as place_number
    from judged
    left join statuses on judged.strategy = statuses.stage

),

best as (

    select * from ranked
    where place_number = 1

),

other as (

    select * from ranked
    where place_number = 2

),

always as (

    select 1 as place_number

),

final as (

    select
        case
            when {{ is_given }} then '{{ var('serving_strategy') }}'
            when best.has_earned and best.is_trained then best.strategy
            else 'heuristic'
        end as strategy,
        case
            when {{ is_given }} then 'serving_strategy says so'
            when best.strategy is null
                then 'the heuristic serves: no evaluation of gbdt or neural is recorded'
            when not best.has_earned
                then
                    'the heuristic serves: in its newest evaluation, ' || best.strategy
                    || ' was better than the best of its rivals on only '
                    || cast(best.n_won as {{ dbt.type_string() }})
                    || ' of ' || cast(best.n_cutoffs as {{ dbt.type_string() }})
                    || ' cutoff(s), by ' || best.measured_by
                    || coalesce(
                        ', and ' || other.strategy || ' on only '
                        || cast(other.n_won as {{ dbt.type_string() }})
                        || ' of ' || cast(other.n_cutoffs as {{ dbt.type_string() }})
                        || ', by ' || other.measured_by,
                        ''
                    )
            when not best.is_trained
                then
                    'the heuristic serves: ' || best.strategy
                    || ' has earned to, but its stage is skipped in this build'
            else
                best.strategy || ' serves: in its newest evaluation, it was better than the best'
                || ' of its rivals on each of ' || cast(best.n_cutoffs as {{ dbt.type_string() }})
                || ' cutoff(s), by ' || best.measured_by
        end as explanation
    from always
    left join best on always.place_number = best.place_number
    left join other on always.place_number < other.place_number

)

select * from final
