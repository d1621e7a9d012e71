"""The lists of the classifier, where the log is too short for those of the other stages."""

from ranking.classifier import NETWORK, TREES, of_facts
from ranking.data import by_users
from ranking.encoding import with_own
from ranking.short_lists import SHORT_LISTS, short_lists


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    found = of_facts(dbt.ref("int_ranking_classifier").to_arrow_table(), "model")
    own = {
        "user": dbt.ref("int_own_user_features").to_arrow_table(),
        "ping": dbt.ref("int_own_ping_features").to_arrow_table(),
    }
    candidates = dbt.ref("int_ranking_label_features").filter("is_candidate")
    users = candidates.project("user_key").distinct().to_arrow_table()["user_key"].to_numpy()
    if TREES not in found or not len(users):
        return SHORT_LISTS.empty_table()
    batches = by_users(candidates, users, dbt.config.get("candidates"))
    first = dbt.config.get("rerank_pings")
    batches = (with_own(batch, own) for batch in batches)
    return short_lists(found[TREES], found.get(NETWORK), batches, first)
