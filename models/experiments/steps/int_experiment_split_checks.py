"""Whether users are split as planned, and what else is to be known of each experiment."""

from experiments.splits import checked_splits
from experiments.tables import SPLITS, rows_of, table_of


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    experiments = rows_of(dbt.ref("int_experiments").to_arrow_table())
    arms = rows_of(dbt.ref("int_experiment_arms").to_arrow_table())
    return table_of(SPLITS, checked_splits(experiments, arms))
