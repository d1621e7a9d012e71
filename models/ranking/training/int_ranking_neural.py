"""Trains stage 3 and keeps what there is to know about it, the network included, as rows."""

from ranking.data import (
    Skip,
    content,
    examples_of,
    facts,
    make_room,
    save,
    skipped,
    warehouse_file,
)
from ranking.neural import STAGE, train


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    trees = content(dbt.ref("int_ranking_gbdt").to_arrow_table(), "model", "earlier_model")
    examples = examples_of(dbt.ref("int_ranking_examples").to_arrow_table())
    make_room(session)
    cutoffs = dbt.ref("int_ranking_cutoffs").to_arrow_table()
    try:
        if trees is None:
            raise Skip("stage 2, whose lists it re-ranks, was skipped")
        network, rows = train(examples, cutoffs, trees)
    except Skip as reason:
        return skipped(STAGE, reason)
    save(network.to_json(), warehouse_file(session), ".neural.json")
    return facts(STAGE, rows)
