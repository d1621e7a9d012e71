-- What is restricted to regions is taken along beside as many pings as a list may need that anyone
-- may see: whatever the region, the list is among them.
{{ config(tags=['hourly']) }}

with

user_pings as (

    select * from {{ ref('int_user_pings') }}

),

users as (

    select * from {{ ref('int_users') }}
    where country is not null

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}
    where {{ is_serving_cutoff() }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

region_pings as (

    select distinct ping_key from {{ ref('int_ping_regions') }}

),

country_pings as (

    select
        users.country,
        user_pings.ping_key,
        {{ exact_sum('user_pings.engagement_score') }} as engagement
    from user_pings
    inner join users on user_pings.user_key = users.user_key
    group by users.country, user_pings.ping_key

),

active_countries as (

    select users.country
    from user_pings
    inner join users on user_pings.user_key = users.user_key
    group by users.country
    having count(distinct user_pings.user_key) >= {{ var('serving_country_users') }}

),

catalogue as (

    select
        active_countries.country,
        ping_ranks.ping_key,
        ping_ranks.ping_order,
        ping_ranks.freshness_part,
        case when region_pings.ping_key is null then 1 else 0 end as is_for_anyone,
        coalesce(country_pings.engagement, 0) as engagement
    from active_countries
    cross join ping_ranks
    left join country_pings
        on
            active_countries.country = country_pings.country
            and ping_ranks.ping_key = country_pings.ping_key
    left join region_pings on ping_ranks.ping_key = region_pings.ping_key

),

measured as (

    select
        *,
        min(engagement) over (partition by country) as least_engagement,
        max(engagement) over (partition by country) as most_engagement
    from catalogue

),

scored as (

    select
        *,
        {{ min_max('engagement', 'least_engagement', 'most_engagement') }} as popularity
    from measured

),

parts as (

    select
        *,
        {{ var('weight_popularity') }} * popularity as popularity_part
    from scored

),

based as (

    select
        *,
        {{ base_score('popularity_part', 'freshness_part') }} as base_score
    from parts

),

ranked as (

    select
        *,
        row_number() over (partition by country order by base_score desc, ping_order) as ping_rank,
        sum(is_for_anyone) over (
            partition by country
            order by base_score desc, ping_order
            rows between unbounded preceding and current row
        ) as n_for_anyone
    from based

),

final as (

    select
        ranked.country,
        cast(ranked.ping_rank as bigint) as rank,
        pings.ping_id,
        ranked.base_score,
        ranked.popularity_part,
        ranked.freshness_part,
        {{ is_globally_popular('ranked.popularity') }} as is_popular
    from ranked
    inner join pings on ranked.ping_key = pings.ping_key
    where ranked.n_for_anyone - ranked.is_for_anyone < {{ var('serving_candidates') }}

)

select * from final
