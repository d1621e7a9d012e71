-- Every ping of a user's true Top-K is among the three kinds of candidates: without any affinity it
-- is one of the K best by base score; with one of its category only (or a declared interest), one
-- of the K best of that category; with one of its creator, one of the K best of its cell. So
-- ranking the candidates by their full score gives the exact list.
with

candidates_overall as (

    select * from {{ ref('int_candidates_overall') }}

),

candidates_category as (

    select * from {{ ref('int_candidates_category') }}

),

candidates_creator as (

    select * from {{ ref('int_candidates_creator') }}

),

user_pings as (

    select * from {{ ref('int_cutoff_user_pings') }}

),

user_restrictions as (

    select * from {{ ref('int_user_restrictions') }}

),

restricted_pings as (

    select * from {{ ref('int_restricted_pings') }}

),

ping_ranks as (

    select * from {{ ref('int_ping_ranks') }}

),

user_categories as (

    select * from {{ ref('int_user_categories') }}

),

creator_affinities as (

    select * from {{ ref('int_user_creator_affinities') }}

),

candidates_by_affinity as (

    select * from candidates_category
    union
    select * from candidates_creator

),

restricted_by_affinity as (

    {{ restricted_pairs('candidates_by_affinity', 'user_restrictions', 'restricted_pings') | trim }}

),

unseen_by_affinity as (

    {{ available_pairs(
        'candidates_by_affinity',
        'user_pings',
        'restricted_by_affinity',
        by_cutoff=true,
    ) | trim }}

),

-- those among the best by base score are scored already
more_candidates as (

    select unseen_by_affinity.*
    from unseen_by_affinity
    left join candidates_overall
        on
            {{ same_cutoff('unseen_by_affinity', 'candidates_overall') }}
            and unseen_by_affinity.user_key = candidates_overall.user_key
            and unseen_by_affinity.ping_key = candidates_overall.ping_key
    where candidates_overall.ping_key is null

),

scored as (

    select * from candidates_overall
    union all
    {{ scored_pairs(
        'more_candidates', 'ping_ranks', 'user_categories', 'creator_affinities'
    ) | trim }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by cutoff_key, user_key order by score desc, ping_order
        ) as list_rank
    from scored

),

final as (

    select * from ranked
    where list_rank <= {{ search_length() }}

)

select * from final
