-- A bound for every cutoff: the catalogue of an earlier one has fewer of these pings.
with

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

{% for attribute in ['category', 'creator'] -%}
{{ attribute }}_sizes as (

    select
        restricted_pings.restriction_key,
        pings.{{ attribute }}_key,
        count(*) as n_pings
    from restricted_pings
    inner join pings on restricted_pings.ping_key = pings.ping_key
    group by restricted_pings.restriction_key, pings.{{ attribute }}_key

),

{% endfor -%}
restricted as (

    select
        user_categories.cutoff_key,
        user_categories.user_key,
        user_categories.category_key,
        cast(null as integer) as creator_key,
        category_sizes.n_pings
    from user_categories
    inner join user_restrictions on user_categories.user_key = user_restrictions.user_key
    inner join category_sizes
        on
            user_restrictions.restriction_key = category_sizes.restriction_key
            and user_categories.category_key = category_sizes.category_key
    union all
    select
        creator_affinities.cutoff_key,
        creator_affinities.user_key,
        cast(null as integer) as category_key,
        creator_affinities.creator_key,
        creator_sizes.n_pings
    from creator_affinities
    inner join user_restrictions on creator_affinities.user_key = user_restrictions.user_key
    inner join creator_sizes
        on
            user_restrictions.restriction_key = creator_sizes.restriction_key
            and creator_affinities.creator_key = creator_sizes.creator_key

),

final as (

    select
        cutoff_key,
        user_key,
        category_key,
        creator_key,
        cast(sum(n_pings) as bigint) as n_restricted_pings
    from restricted
    group by cutoff_key, user_key, category_key, creator_key

)

select * from final
