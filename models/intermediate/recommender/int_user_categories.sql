-- What the lists know of a user's categories. A view: where no interest has a weight, it is the
-- affinities as they are.
{{ config(materialized='view') }}

with

affinities as (

    select * from {{ ref('int_user_category_affinities') }}

),

declared_interests as (

    select * from {{ ref('int_declared_interests') }}

),

final as (

    select
        affinities.cutoff_key,
        affinities.user_key,
        affinities.category_key,
        affinities.n_seen_pings,
        affinities.affinity,
        affinities.affinity_part,
        coalesce(declared_interests.declared_part, 0) as declared_part
    from affinities
    left join declared_interests
        on
            {{ same_cutoff('affinities', 'declared_interests') }}
            and affinities.user_key = declared_interests.user_key
            and affinities.category_key = declared_interests.category_key
    union all
    select
        declared_interests.cutoff_key,
        declared_interests.user_key,
        declared_interests.category_key,
        declared_interests.most_seen_pings as n_seen_pings,
        cast(null as {{ type_double() }}) as affinity,
        cast(0 as {{ type_double() }}) as affinity_part,
        declared_interests.declared_part
    from declared_interests
    left join affinities
        on
            {{ same_cutoff('declared_interests', 'affinities') }}
            and declared_interests.user_key = affinities.user_key
            and declared_interests.category_key = affinities.category_key
    where affinities.category_key is null

)

select * from final
