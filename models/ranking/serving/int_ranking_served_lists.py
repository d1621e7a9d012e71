"""The lists of the strategy that serves, with what each score is made of; none of the heuristic."""

from functools import partial

from ranking.by_users import scored_by_users
from ranking.data import content
from ranking.explained import SERVED, explained
from ranking.gbdt import load
from ranking.own import Own


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    stage = dbt.ref("int_ranking_gbdt").to_arrow_table()
    text, own = content(stage, "model", "model"), Own.from_json(content(stage, "model", "own"))
    served = dbt.ref("int_ranking_served_features")
    lists = dbt.ref("int_ranking_gbdt_scores")
    choice = dbt.ref("int_ranking_serving_choice").to_arrow_table()
    strategy, length = choice["strategy"][0].as_py(), dbt.config.get("list_length")
    short = dbt.ref("int_ranking_short_lists").filter(f"stage = '{strategy}'")
    if strategy not in ("gbdt", "neural"):
        return SERVED.empty_table()
    if text is None:
        first = short.filter(f"list_rank <= {length}").project(", ".join(SERVED.names))
        return first.to_arrow_table().cast(SERVED)
    score = partial(explained, load(text), own)
    return scored_by_users(served, lists, length, score, SERVED)
