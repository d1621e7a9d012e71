"""What tables about lists must say of `recommendations`, whatever made them: computed in pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
from warehouse import Warehouse


def coverage(lists: pd.DataFrame, pings: pd.DataFrame) -> pd.DataFrame:
    """What recommendation_coverage says of counts, creators and the Gini coefficient."""
    slots = pings["ping_id"].map(lists["ping_id"].value_counts()).fillna(0).to_numpy()
    creators = set(pings["creator_id"].dropna())
    recommended_creators = creators & set(lists["creator_id"].dropna())
    differences = np.abs(slots[:, None] - slots[None, :])
    recommended = lists["ping_id"].nunique()
    row = {
        "catalogue_pings": len(pings),
        "recommended_pings": recommended,
        "item_coverage": recommended / len(pings),
        "catalogue_creators": len(creators),
        "recommended_creators": len(recommended_creators),
        "creator_coverage": len(recommended_creators) / len(creators),
        "gini_exposure": differences.mean() / (2 * slots.mean()),
        "recommended_slots": len(lists),
    }
    return pd.DataFrame([row])


def curve(lists: pd.DataFrame, pings: pd.DataFrame) -> pd.DataFrame:
    """What exposure_curve says."""
    slots = pings["ping_id"].map(lists["ping_id"].value_counts()).fillna(0)
    so_far = np.concatenate([[0], np.sort(slots.to_numpy()).cumsum()])
    percent = np.arange(101)
    sizes = percent * len(pings) // 100
    return pd.DataFrame(
        {
            "percent_of_pings": percent,
            "pings_so_far": sizes,
            "catalogue_pings": len(pings),
            "share_of_pings": sizes / len(pings),
            "slots_so_far": so_far[sizes],
            "recommended_slots": len(lists),
            "share_of_slots": so_far[sizes] / len(lists),
        }
    )


def creators(lists: pd.DataFrame, pings: pd.DataFrame) -> pd.DataFrame:
    """What creator_health says of slots."""
    known = pd.Series(sorted(set(pings["creator_id"].dropna())))
    slots = known.map(lists["creator_id"].value_counts()).fillna(0)
    return pd.DataFrame(
        {"creator_id": known, "recommended_slots": slots, "exposure_share": slots / len(lists)}
    )


def health(lists: pd.DataFrame, pings: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    """What recommender_health says of coverage, by segment, in its window `all`."""
    is_new = lists["user_id"].map(users.set_index("user_id")["is_new"])
    segments = {
        "all": lists,
        "existing": lists[is_new.eq(False)],
        "new": lists[is_new.eq(True)],
    }
    recommended = [part["ping_id"].nunique() for part in segments.values()]
    return pd.DataFrame(
        {
            "segment": list(segments),
            "recommended_pings": recommended,
            "catalogue_pings": len(pings),
            "item_coverage": np.array(recommended) / len(pings),
        }
    )


def assert_tables_are_about_what_is_served(warehouse: Warehouse) -> None:
    lists, pings, users = map(warehouse.table, ("recommendations", "pings", "users"))
    wanted = {
        "recommendation_coverage": coverage(lists, pings),
        "exposure_curve order by percent_of_pings": curve(lists, pings),
        "creator_health order by creator_id": creators(lists, pings),
        "recommender_health where time_window = 'all' order by segment": health(
            lists, pings, users
        ),
    }
    for source, expected in wanted.items():
        pd.testing.assert_frame_equal(
            warehouse.query(f"select {', '.join(expected.columns)} from {source}"),
            expected,
            check_dtype=False,
            rtol=1e-12,
            obj=source,
        )
