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

counted as (
    {% for attribute in attributes %}
    select
        user_pings.cutoff_key,
        user_pings.user_key,
        '{{ attribute }}' as attribute,
        pings.{{ attribute }}_key as attribute_key,
        cast({{ var('weight_' ~ attribute) }} as {{ type_double() }}) as weight,
        count(*) as n_seen_pings,
        sum(user_pings.n_affinity_events) as n_events
    from user_pings
    inner join pings on user_pings.ping_key = pings.ping_key
    where pings.{{ attribute }}_key <> 0
    group by user_pings.cutoff_key, user_pings.user_key, pings.{{ attribute }}_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

affinities as (

    select
        counted.cutoff_key,
        counted.user_key,
        counted.attribute,
        counted.attribute_key,
        counted.n_seen_pings,
        cast(counted.n_events as bigint) as n_events,
        {{ safe_divide('counted.n_events', 'users.n_affinity_events') }} as affinity,
        counted.weight * {{ safe_divide('counted.n_events', 'users.n_affinity_events') }}
            as affinity_part
    from counted
    inner join users
        on
            {{ same_cutoff('counted', 'users') }}
            and counted.user_key = users.user_key
    where counted.n_events > 0

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
            {{ same_cutoff('affinities', 'restricted') }}
            and affinities.user_key = restricted.user_key
            and affinities.attribute = restricted.attribute
            and affinities.attribute_key = restricted.attribute_key

)

select * from final
