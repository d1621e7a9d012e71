-- Of the users who later engaged with a ping that was new to them, which share had such a ping in
-- their Top-10? The truth is `holdout_relevance`: build with `as_of`, and the events from then on
-- are held out. The lists are those that are served, by whichever strategy.
with

held_out as (

    select
        user_id,
        ping_id
    from {{ ref('holdout_relevance') }}
    where not is_seen_before

),

recommendations as (

    select * from {{ ref('recommendations') }}
    where rank <= 10

),

users as (

    select
        held_out.user_id,
        count(recommendations.ping_id) as hits
    from held_out
    left join recommendations
        on
            held_out.user_id = recommendations.user_id
            and held_out.ping_id = recommendations.ping_id
    group by held_out.user_id

)

select
    count(*) as evaluated_users,
    count(*) filter (where hits > 0) as users_with_hit,
    {{ safe_divide('count(*) filter (where hits > 0)', 'count(*)') }} as hitrate_at_10
from users
