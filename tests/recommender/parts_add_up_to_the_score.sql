select
    user_id,
    rank,
    score
from {{ ref('recommendations') }}
where
    not abs(
        popularity_part
        + category_part
        + creator_part
        + freshness_part
        + declared_part
        + rerank_part
        - score
    ) <= 1e-9
