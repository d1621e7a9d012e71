"""Scores of the trained stages for the pairs that were shown after as_of, candidates or not."""

from ranking.data import by_users, content
from ranking.gbdt import load
from ranking.neural import Network
from ranking.own import Own
from ranking.shown import SCORES, scored


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    trees, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    network = content(dbt.ref("int_ranking_neural").to_arrow_table(), "model", "model")
    features = dbt.ref("int_ranking_shown_features")
    shown = dbt.ref("int_shown_pairs").filter("user_key is not null and ping_key is not null")
    users = shown.to_arrow_table()["user_key"].to_numpy()
    if trees is None or not len(users):
        return SCORES.empty_table()
    return scored(
        load(trees),
        own,
        None if network is None else Network.from_json(network),
        by_users(features, users, -(-len(users) // len(set(users)))),
    )
