"""Trains the two towers cutoff by cutoff, and lists the pings nearest to each listed user."""

from ranking.data import save, warehouse_file
from ranking.two_tower import Settings, Tables, all_lists


def model(dbt, session):  # noqa: ANN001, ANN201
    dbt.config(materialized="table")
    users, pings = dbt.ref("int_ranking_tower_users"), dbt.ref("int_ranking_tower_pings")
    history = dbt.ref("int_ranking_history").filter("is_in_catalogue")
    windows = dbt.ref("int_ranking_windows").to_arrow_table().to_pylist()
    cutoffs = dbt.ref("int_ranking_cutoffs").project("cutoff_key").to_arrow_table()

    def read(cutoff):  # noqa: ANN001, ANN202
        rows = (table.filter(f"cutoff_key = {cutoff}") for table in (users, pings, history))
        return Tables(*(table.to_arrow_table() for table in rows))

    def size(table, column):  # noqa: ANN001, ANN202
        return 1 + (table.aggregate(f"max({column})").fetchone()[0] or 0)

    sizes = {
        "user": size(users, "user_key"),
        "ping": size(pings, "ping_key"),
        "category": size(pings, "category_key"),
        "creator": size(pings, "creator_key"),
    }
    settings = Settings(
        source_pings=dbt.config.get("source_pings"),
        basket_size=dbt.config.get("basket_size"),
        decay_hours=windows[0]["decay_hours"] if windows else 1.0,
    )
    lists, index = all_lists(read, cutoffs["cutoff_key"].to_pylist(), sizes, settings)
    if index is not None:
        save(index.to_bytes(), warehouse_file(session), ".two_tower.faiss")
    return lists
