"""Trains stage 2 and keeps what there is to know about it, the model included, as rows."""

from ranking_data import Skip, examples_of, facts, save, skipped
from ranking_gbdt import STAGE, rows_of, train


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    examples = dbt.ref("int_ranking_examples").to_arrow_table()
    cutoffs = dbt.ref("int_ranking_cutoffs").to_arrow_table()
    try:
        trained = train(examples_of(examples), cutoffs)
    except Skip as reason:
        return skipped(STAGE, reason)
    database = session.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()[0][0]
    save(trained.model, database, ".gbdt.txt")
    return facts(STAGE, rows_of(trained))
