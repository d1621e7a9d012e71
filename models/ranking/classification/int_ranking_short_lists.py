"""The lists of the classifier, where the log is too short for those of the other stages."""

from functools import partial

from ranking.by_users import scored_by_users
from ranking.classifier import NETWORK, TREES, of_facts
from ranking.short_lists import SHORT_LISTS, short_lists


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    found = of_facts(dbt.ref("int_ranking_classifier").to_arrow_table(), "model")
    own = {
        "user": dbt.ref("int_own_user_features").to_arrow_table(),
        "ping": dbt.ref("int_own_ping_features").to_arrow_table(),
    }
    candidates = dbt.ref("int_ranking_label_features").filter("is_candidate")
    if TREES not in found:
        return SHORT_LISTS.empty_table()
    first = dbt.config.get("rerank_pings")
    score = partial(short_lists, found[TREES], found.get(NETWORK), own, first)
    return scored_by_users(candidates, candidates, dbt.config.get("candidates"), score, SHORT_LISTS)
