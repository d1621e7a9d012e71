"""How each arm differed from the control at the end of each day, metric by metric."""

from experiments.results import compared
from experiments.tables import DAILY_RESULTS, rows_of, table_of


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    moments = rows_of(dbt.ref("int_experiment_daily_moments").to_arrow_table())
    splits = rows_of(dbt.ref("int_experiment_split_checks").to_arrow_table())
    arms = rows_of(dbt.ref("int_experiment_arms").to_arrow_table())
    return table_of(DAILY_RESULTS, compared(moments, splits, arms))
