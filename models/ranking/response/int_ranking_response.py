"""Trains the response model and keeps what there is to know about it as rows."""

from ranking.data import Skip, facts, save, skipped, warehouse_file
from ranking.response import STAGE, rows_of, train


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    examples = dbt.ref("int_ranking_response_examples").to_arrow_table()
    cutoffs = dbt.ref("int_ranking_cutoffs").to_arrow_table()
    try:
        trained = train(examples, cutoffs)
    except Skip as reason:
        return skipped(STAGE, reason)
    save(trained.model, warehouse_file(session), ".response.txt")
    return facts(STAGE, rows_of(trained))
