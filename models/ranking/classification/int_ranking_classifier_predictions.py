"""What the models that were fitted on the train slice say of every row of a slice."""

from ranking.classifier import labelled, of_facts, predictions, split


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
    found = of_facts(dbt.ref("int_ranking_classifier").to_arrow_table(), "earlier_model")
    return predictions(table, parts, found)
