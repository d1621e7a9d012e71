-- Ranks run from 1 without gaps, scores never rise, ties go to the lower ping_id. Re-ranked lists
-- are not sorted by score.
with

recommendations as (

    select * from {{ ref('recommendations') }}

),

compared as (

    select
        *,
        lag(rank) over (partition by user_id order by rank) as previous_rank,
        lag(score) over (partition by user_id order by rank) as previous_score,
        lag(ping_id) over (partition by user_id order by rank) as previous_ping_id
    from recommendations

)

select * from compared
where
    rank <> coalesce(previous_rank, 0) + 1
    or rank > {{ var('top_k') }}
    or (
        {{ 'false' if var('rerank_enabled') else 'true' }}
        and (
            score > previous_score
            or (score = previous_score and {{ in_byte_order('ping_id') }} < previous_ping_id)
        )
    )
