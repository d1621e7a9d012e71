"""Scores of the trained stages for the pairs that were shown after as_of, candidates or not."""

from functools import partial

from ranking.by_users import scored_by_users
from ranking.data import content
from ranking.gbdt import load
from ranking.neural import Network
from ranking.own import Own
from ranking.shown import SCORES, scored


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    trees, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    text = content(dbt.ref("int_ranking_neural").to_arrow_table(), "model", "model")
    features = dbt.ref("int_ranking_shown_features")
    shown = dbt.ref("int_shown_pairs").filter("user_key is not null and ping_key is not null")
    if trees is None:
        return SCORES.empty_table()
    pairs, users = shown.aggregate("count(*), count(distinct user_key)").fetchone()
    network = None if text is None else Network.from_json(text)
    score = partial(scored, load(trees), own, network)
    return scored_by_users(features, shown, -(-pairs // max(users, 1)), score, SCORES)
