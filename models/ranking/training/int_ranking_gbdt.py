"""Trains stage 2 and keeps what there is to know about it, the model included, as rows."""

from ranking.data import Skip, examples_of, facts, save, skipped, warehouse_file
from ranking.gbdt import STAGE, rows_of, train


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    examples = dbt.ref("int_ranking_examples").to_arrow_table()
    cutoffs = dbt.ref("int_ranking_cutoffs").to_arrow_table()
    try:
        trained = train(examples_of(examples), cutoffs)
    except Skip as reason:
        return skipped(STAGE, reason)
    save(trained.model, warehouse_file(session), ".gbdt.txt")
    return facts(STAGE, rows_of(trained))
