-- Only what the user has an event on inside the affinity window has an affinity above 0.
{% set attributes = ['category', 'creator'] -%}
with

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

users as (

    select * from {{ ref('int_cutoff_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restriction_sizes as (

    select * from {{ ref('int_restriction_sizes') }}

),

seen as (

    select
        users.cutoff_key,
        users.user_key,
        users.n_affinity_events as n_all_events,
        pings.category_key,
        pings.creator_key,
        user_pings.n_affinity_events as n_events
    from user_pings
    inner join users
        on
            user_pings.cutoff_key = users.cutoff_key
            and user_pings.user_key = users.user_key
    inner join pings on user_pings.ping_key = pings.ping_key

),

counted as (
    {% for attribute in attributes %}
    select
        cutoff_key,
        user_key,
        '{{ attribute }}' as attribute,
        {{ attribute }}_key as attribute_key,
        cast({{ var('weight_' ~ attribute) }} as {{ type_double() }}) as weight,
        count(*) as n_seen_pings,
        sum(n_events) as n_events,
        max(n_all_events) as n_all_events
    from seen
    where {{ attribute }}_key <> 0
    group by cutoff_key, user_key, {{ attribute }}_key
    having sum(n_events) > 0
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

affinities as (

    select
        cutoff_key,
        user_key,
        attribute,
        attribute_key,
        n_seen_pings,
        cast(n_events as bigint) as n_events,
        {{ safe_divide('n_events', 'n_all_events') }} as affinity,
        weight * {{ safe_divide('n_events', 'n_all_events') }} as affinity_part
    from counted

),

restricted as (

    select
        affinities.cutoff_key,
        affinities.user_key,
        affinities.attribute,
        affinities.attribute_key,
        cast(sum(restriction_sizes.n_pings) as bigint) as n_restricted_pings
    from affinities
    inner join user_restrictions on affinities.user_key = user_restrictions.user_key
    inner join restriction_sizes
        on
            user_restrictions.restriction_key = restriction_sizes.restriction_key
            and affinities.attribute = restriction_sizes.attribute
            and affinities.attribute_key = restriction_sizes.attribute_key
    group by
        affinities.cutoff_key,
        affinities.user_key,
        affinities.attribute,
        affinities.attribute_key

),

final as (

    select
        affinities.*,
        coalesce(restricted.n_restricted_pings, 0) as n_restricted_pings
    from affinities
    left join restricted
        on
            affinities.cutoff_key = restricted.cutoff_key
            and affinities.user_key = restricted.user_key
            and affinities.attribute = restricted.attribute
            and affinities.attribute_key = restricted.attribute_key

)

select * from final
