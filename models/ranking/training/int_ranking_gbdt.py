"""Trains stage 2 and keeps what there is to know about it, the model included, as rows."""

from ranking.data import Skip, examples_of, facts, make_room, save, skipped, warehouse_file
from ranking.gbdt import STAGE, rows_of, train


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    cutoffs = dbt.ref("int_ranking_cutoffs").to_arrow_table()
    examples = examples_of(dbt.ref("int_ranking_examples").to_arrow_table())
    make_room(session)
    try:
        trained = train(examples, cutoffs)
    except Skip as reason:
        return skipped(STAGE, reason)
    save(trained.model, warehouse_file(session), ".gbdt.txt")
    return facts(STAGE, rows_of(trained))
