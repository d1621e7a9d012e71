"""Scores the candidates of every user with stage 2, some users at a time."""

from ranking_data import content, user_batches
from ranking_gbdt import LISTS, load, ranked


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    text = content(dbt.ref("int_ranking_gbdt").to_arrow_table(), "model", "model")
    lists = dbt.ref("int_ranking_lists").filter("cutoff_key = 0").to_arrow_table()
    serving = dbt.ref("int_ranking_serving")
    if text is None:
        return LISTS.empty_table()
    ranges = user_batches(lists["user_key"].to_numpy(), dbt.config.get("candidates"))
    batches = (
        serving.filter(f"user_key between {first} and {last}").to_arrow_table()
        for first, last in ranges
    )
    return ranked(load(text), batches, dbt.config.get("rerank_pings"))
