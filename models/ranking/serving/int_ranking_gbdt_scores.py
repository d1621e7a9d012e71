"""Scores the candidates of every user with stage 2, some users at a time.

Where it is skipped, the trees of the classifier order the few candidates of a short log.
"""

from ranking.data import by_users, content
from ranking.gbdt import LISTS, load, ranked
from ranking.own import Own


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    text, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    lists = dbt.ref("int_cutoff_users").filter("cutoff_key = 0").to_arrow_table()
    serving = dbt.ref("int_ranking_serving_features")
    short = dbt.ref("int_ranking_short_lists").filter("stage = 'gbdt'")
    if text is None:
        return short.project("user_key, ping_key, list_rank, score").to_arrow_table().cast(LISTS)
    batches = by_users(serving, lists["user_key"].to_numpy(), dbt.config.get("candidates"))
    return ranked(load(text), own, batches, dbt.config.get("rerank_pings"))
