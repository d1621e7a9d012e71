"""Trains the classifier's models, and keeps what there is to know about them as rows."""

import pyarrow as pa

from ranking.classifier import STAGES, labelled, split, train
from ranking.data import FACTS, Skip, facts, skipped


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    own = {
        "user": dbt.ref("int_own_user_features").to_arrow_table(),
        "ping": dbt.ref("int_own_ping_features").to_arrow_table(),
    }
    table = labelled(dbt.ref("int_ranking_label_features").to_arrow_table(), own)
    parts = split(
        table,
        dbt.config.get("split"),
        dbt.config.get("validation_share"),
        dbt.config.get("test_share"),
    )
    tables = [FACTS.empty_table()]
    for name, stage in STAGES.items():
        try:
            tables.append(facts(stage, train(name, table, parts)))
        except Skip as reason:
            tables.append(skipped(stage, reason))
    return pa.concat_tables(tables)
