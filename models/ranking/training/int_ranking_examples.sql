-- The lists that candidates can do something for, with all their relevant pings and a sample of the
-- others, which a hash draws: not of the keys, which depend on what else the warehouse knows.
with

candidates as (

    select
        cutoff_key,
        user_key,
        ping_key
    from {{ ref('int_ranking_candidates') }}
    where cutoff_key > 0

),

truth as (

    select * from {{ ref('int_ranking_truth') }}

),

user_keys as (

    select * from {{ ref('int_user_keys') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

labelled as (

    select
        candidates.*,
        coalesce(truth.relevance_grade, 0) as relevance_grade,
        max(coalesce(truth.relevance_grade, 0)) over (
            partition by candidates.cutoff_key, candidates.user_key
        ) as best_grade,
        row_number() over (
            partition by
                candidates.cutoff_key,
                candidates.user_key,
                coalesce(truth.relevance_grade, 0) > 0
            order by
                {{ portable_hash([
                    'candidates.cutoff_key', 'user_keys.user_id', 'pings.ping_order'
                ]) }},
                pings.ping_order
        ) as draw
    from candidates
    inner join user_keys on candidates.user_key = user_keys.user_key
    inner join pings on candidates.ping_key = pings.ping_key
    left join truth
        on
            candidates.cutoff_key = truth.cutoff_key
            and candidates.user_key = truth.user_key
            and candidates.ping_key = truth.ping_key

),

examples as (

    select
        cutoff_key,
        user_key,
        ping_key,
        relevance_grade
    from labelled
    where
        best_grade > 0
        and (relevance_grade > 0 or draw <= {{ var('ranking_negatives') }})

),

features as (

    {{ ranking_features('examples', 'cutoff_key > 0') | trim }}

),

final as (

    select
        examples.relevance_grade,
        features.*
    from examples
    inner join features
        on
            examples.cutoff_key = features.cutoff_key
            and examples.user_key = features.user_key
            and examples.ping_key = features.ping_key

)

select * from final
