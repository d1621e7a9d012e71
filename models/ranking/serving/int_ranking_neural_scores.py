"""Re-ranks the first pings of stage 2's lists with stage 3.

On a short log, whose lists the classifier makes, its network has done so.
"""

from functools import partial

from ranking.by_users import scored_by_users
from ranking.data import content
from ranking.gbdt import LISTS
from ranking.neural import Network, reranked


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    text = content(dbt.ref("int_ranking_neural").to_arrow_table(), "model", "model")
    lists = dbt.ref("int_ranking_gbdt_scores")
    first_rows = dbt.ref("int_ranking_rerank_features")
    short = dbt.ref("int_ranking_short_lists").filter("stage = 'neural'")
    if text is None:
        return short.project("user_key, ping_key, list_rank, score").to_arrow_table().cast(LISTS)
    first = dbt.config.get("rerank_pings")
    score = partial(reranked, Network.from_json(text), first)
    return scored_by_users(first_rows, lists, first, score, LISTS)
