"""Scores the candidates of every user with stage 2, some users at a time.

Where it is skipped, the trees of the classifier order the few candidates of a short log.
"""

from functools import partial

from ranking.by_users import scored_by_users
from ranking.data import content
from ranking.gbdt import LISTS, load, ranked
from ranking.own import Own


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    text, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    lists = dbt.ref("int_cutoff_users").filter("cutoff_key = 0")
    serving = dbt.ref("int_ranking_serving_features")
    short = dbt.ref("int_ranking_short_lists").filter("stage = 'gbdt'")
    if text is None:
        return short.project("user_key, ping_key, list_rank, score").to_arrow_table().cast(LISTS)
    score = partial(ranked, load(text), own, dbt.config.get("rerank_pings"))
    return scored_by_users(serving, lists, dbt.config.get("candidates"), score, LISTS)
