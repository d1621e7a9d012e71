"""Re-ranks the first pings of stage 2's lists with stage 3.

On a short log, whose lists the classifier makes, its network has done so.
"""

from ranking.data import by_users, content
from ranking.gbdt import LISTS
from ranking.neural import Network, reranked


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    text = content(dbt.ref("int_ranking_neural").to_arrow_table(), "model", "model")
    lists = dbt.ref("int_ranking_gbdt_scores").to_arrow_table()
    first_rows = dbt.ref("int_ranking_rerank_features")
    short = dbt.ref("int_ranking_short_lists").filter("stage = 'neural'")
    if text is None:
        return short.project("user_key, ping_key, list_rank, score").to_arrow_table().cast(LISTS)
    first = dbt.config.get("rerank_pings")
    users = lists["user_key"].to_numpy()
    return reranked(Network.from_json(text), by_users(first_rows, users, first), first)
