-- Where a trained stage is to serve, it may have been skipped, or lack lists for some users: what
-- serves is seen in the lists, not in the variable.
with

served_recommendations as (

    select * from {{ ref('int_served_recommendations') }}
    where list_rank = 1

),

counted as (

    select
        strategy,
        count(*) as n_users
    from served_recommendations
    group by strategy

),

most as (

    select max(n_users) as n_users from counted

),

final as (

    select min(counted.strategy) as strategy
    from counted
    inner join most on counted.n_users = most.n_users

)

select * from final
