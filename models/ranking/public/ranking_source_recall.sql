-- On the labels of the training cutoffs and, where the warehouse is rewound, on the holdout after
-- as_of. `all` is the whole list of candidates.
{% set sources = ranking_sources() %}
with

candidates as (

    select * from {{ ref('int_ranking_candidates') }}

),

training_truth as (

    select * from {{ ref('int_ranking_truth') }}

),

holdout_relevance as (

    select * from {{ ref('holdout_relevance') }}
    where
        not is_seen_before
        and has_list

),

users as (

    select * from {{ ref('int_users') }}

),

pings as (

    select * from {{ ref('int_pings') }}

),

truth as (

    select
        'training' as truth,
        cutoff_key,
        user_key,
        ping_key
    from training_truth
    union all
    select
        'holdout' as truth,
        0 as cutoff_key,
        users.user_key,
        pings.ping_key
    from holdout_relevance
    inner join users on holdout_relevance.user_id = users.user_id
    left join pings on holdout_relevance.ping_id = pings.ping_id

),

found as (

    select
        truth.truth,
        candidates.n_sources,
        candidates.candidate_rank{% for source in sources %},
        candidates.{{ source }}_rank{% endfor %}
    from truth
    left join candidates
        on
            truth.cutoff_key = candidates.cutoff_key
            and truth.user_key = candidates.user_key
            and truth.ping_key = candidates.ping_key

),

counted as (
    {% for source in sources %}
    select
        truth,
        '{{ source }}' as source,
        count(*) as relevant_pairs,
        count({{ source }}_rank) as hits,
        count(case when n_sources = 1 then {{ source }}_rank end) as unique_hits
    from found
    group by truth
    union all
    {%- endfor %}
    select
        truth,
        'all' as source,
        count(*) as relevant_pairs,
        count(candidate_rank) as hits,
        count(candidate_rank) as unique_hits
    from found
    group by truth

),

final as (

    select
        *,
        {{ safe_divide('hits', 'relevant_pairs') }} as recall
    from counted

)

select * from final
