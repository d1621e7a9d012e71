"""The lists of the strategy that serves, with what each score is made of; none of the heuristic."""

from ranking.data import by_users, content
from ranking.explained import SERVED, explained
from ranking.gbdt import load


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    text = content(dbt.ref("int_ranking_gbdt").to_arrow_table(), "model", "model")
    lists = {
        "gbdt": dbt.ref("int_ranking_gbdt_scores"),
        "neural": dbt.ref("int_ranking_neural_scores"),
    }
    first_rows = dbt.ref("int_ranking_rerank_features")
    choice = dbt.ref("int_ranking_serving_choice").to_arrow_table()
    strategy = choice["strategy"][0].as_py()
    if text is None or strategy not in lists:
        return SERVED.empty_table()
    length = dbt.config.get("list_length")
    served = lists[strategy].filter(f"list_rank <= {length}").to_arrow_table()
    batches = by_users(first_rows, served["user_key"].to_numpy(), dbt.config.get("rerank_pings"))
    return explained(load(text), served, batches)
