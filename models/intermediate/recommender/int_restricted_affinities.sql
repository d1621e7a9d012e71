-- A bound for every cutoff: the catalogue of an earlier one has fewer of these pings.
{% set attributes = ['category', 'creator'] -%}
with

category_affinities as (

    select * from {{ ref('int_user_category_affinities') }}

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

restriction_sizes as (

    select
        restricted_pings.restriction_key,
        pings.category_key,
        pings.creator_key,
        count(*) as n_pings
    from restricted_pings
    inner join pings on restricted_pings.ping_key = pings.ping_key
    group by grouping sets (
        (restricted_pings.restriction_key, pings.category_key),
        (restricted_pings.restriction_key, pings.creator_key)
    )

),

restricted as (
    {% for attribute in attributes %}
    select
        {{ attribute }}_affinities.cutoff_key,
        {{ attribute }}_affinities.user_key,
        restriction_sizes.category_key,
        restriction_sizes.creator_key,
        restriction_sizes.n_pings
    from {{ attribute }}_affinities
    inner join user_restrictions
        on {{ attribute }}_affinities.user_key = user_restrictions.user_key
    inner join restriction_sizes
        on
            user_restrictions.restriction_key = restriction_sizes.restriction_key
            and {{ attribute }}_affinities.{{ attribute }}_key = restriction_sizes.{{ attribute }}_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

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
