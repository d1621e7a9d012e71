"""The numbers of every model on every slice."""

from ranking.classification import measured


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    predictions = dbt.ref("int_ranking_classifier_predictions").to_arrow_table()
    facts = dbt.ref("int_ranking_classifier").to_arrow_table()
    return measured(predictions, facts, dbt.config.get("threshold"))
