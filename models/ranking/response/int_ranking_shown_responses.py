"""Scores of the response model for the pairs that were shown after as_of."""

from ranking.data import content
from ranking.response import SCORES, scored


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    trees = content(dbt.ref("int_ranking_response").to_arrow_table(), "model", "model")
    if trees is None:
        return SCORES.empty_table()
    return scored(trees, dbt.ref("int_ranking_shown_response_features").to_arrow_table())
