"""The lists of the strategy that serves, with what each score is made of; none of the heuristic."""

from ranking.data import by_users, content
from ranking.explained import SERVED, explained
from ranking.gbdt import load
from ranking.own import Own


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    text, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    lists = {
        "gbdt": dbt.ref("int_ranking_gbdt_scores"),
        "neural": dbt.ref("int_ranking_neural_scores"),
    }
    first_rows = dbt.ref("int_ranking_rerank_features")
    choice = dbt.ref("int_ranking_serving_choice").to_arrow_table()
    strategy = choice["strategy"][0].as_py()
    short = dbt.ref("int_ranking_short_lists").filter(f"stage = '{strategy}'")
    if strategy not in lists:
        return SERVED.empty_table()
    is_first = f"list_rank <= {dbt.config.get('list_length')}"
    if text is None:
        return short.filter(is_first).project(", ".join(SERVED.names)).to_arrow_table().cast(SERVED)
    served = lists[strategy].filter(is_first).to_arrow_table()
    batches = by_users(first_rows, served["user_key"].to_numpy(), dbt.config.get("rerank_pings"))
    return explained(load(text), own, served, batches)
