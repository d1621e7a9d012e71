"""What experiments are made of, computed user by user from the public tables: slow and plain."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
from warehouse import Warehouse

RATIOS = {
    "watch_through_rate": ("watched_through_views", "views"),
    "engagement_per_impression": ("engagements", "impressions"),
    "session_length_sec": ("session_sec", "sessions"),
}
TOTALS = {
    "watch_time_sec_per_user": "watch_time_sec",
    "likes_per_user": "likes",
    "shares_per_user": "shares",
    "comments_per_user": "comments",
    "follows_per_user": "follows",
    "hides_per_user": "hides",
    "sessions_per_user": "sessions",
    "active_days_per_user": "active_days",
    "distinct_pings_per_user": "distinct_pings",
    "distinct_creators_per_user": "distinct_creators",
}
RETENTION = {"d1_retention": 1, "d7_retention": 7}
ENGAGEMENTS = {"view", "like", "comment", "share"}
PRE_DAYS, TIMEOUT = 14, timedelta(minutes=30)

Events = list[dict[str, Any]]


def counts(events: Events, creators: dict[str, str]) -> dict[str, float]:
    """What counts of some events of one user, which are in the order of time."""
    types = [event["event_type"] for event in events]
    views = [event for event in events if event["event_type"] == "view"]
    gaps = [
        later["event_timestamp"] - earlier["event_timestamp"] for earlier, later in pairwise(events)
    ]
    pings = {event["ping_id"] for event in events}
    known = {creators.get(ping) for ping in pings} - {None}
    return {
        "views": len(views),
        "watched_through_views": sum(view["watch_time_ratio"] + 5e-10 >= 0.8 for view in views),
        "impressions": types.count("impression"),
        "engagements": sum(kind in ENGAGEMENTS for kind in types),
        "watch_time_sec": sum(view["watch_time_sec"] or 0.0 for view in views),
        "likes": types.count("like"),
        "shares": types.count("share"),
        "comments": types.count("comment"),
        "follows": types.count("follow_creator"),
        "hides": types.count("hide"),
        "sessions": bool(events) + sum(gap > TIMEOUT for gap in gaps),
        "session_sec": sum(gap.total_seconds() for gap in gaps if gap <= TIMEOUT),
        "active_days": len({event["event_timestamp"].date() for event in events}),
        "distinct_pings": len(pings),
        "distinct_creators": len(known),
    }


def activity(n_pings: int) -> str:
    """The bucket of a user who had seen so many pings."""
    for most, name in ((0, "0"), (4, "1_to_4"), (19, "5_to_19")):
        if n_pings <= most:
            return name
    return "20_up"


class Reference:
    """A built warehouse's events, to compute experiments from.

    until: only events before it are looked at, as at the end of a day.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        events = warehouse.table("interactions").sort_values("event_timestamp")
        events["watch_time_sec"] = events["watch_time_sec"].fillna(0.0)
        self.end = events["event_timestamp"].max().to_pydatetime()
        records = events.to_dict("records")
        for record in records:
            record["event_timestamp"] = record["event_timestamp"].to_pydatetime()
        self.events: dict[str, Events] = {}
        for record in records:
            self.events.setdefault(record["user_id"], []).append(record)
        pings = warehouse.table("pings")
        self.creators = {
            ping: creator
            for ping, creator in zip(pings["ping_id"], pings["creator_id"], strict=True)
            if pd.notna(creator)
        }
        self.users = warehouse.table("users").set_index("user_id").to_dict("index")

    def user(
        self,
        user_id: str,
        entered: Any,  # noqa: ANN401, a moment of pandas or Python
        ended: Any = None,  # noqa: ANN401
        until: Any = None,  # noqa: ANN401
    ) -> dict[str, Any] | None:
        """The numbers of a user who entered then; None where the user was never exposed."""
        every = self.events.get(user_id, [])
        later = [
            event
            for event in every
            if event["event_timestamp"] >= entered
            and (ended is None or event["event_timestamp"] < ended)
            and (until is None or event["event_timestamp"] < until)
        ]
        if not later:
            return None
        earlier = [
            event
            for event in every
            if entered - timedelta(days=PRE_DAYS) <= event["event_timestamp"] < entered
        ]
        exposed = later[0]["event_timestamp"]
        found = counts(later, self.creators)
        before = counts(earlier, self.creators)
        observed = min(self.end, ended) if ended is not None else self.end
        days = {event["event_timestamp"].date() for event in later}
        row: dict[str, Any] = {
            "first_exposure_at": exposed,
            "days_observed": (observed - exposed).total_seconds() / 86400,
        }
        for metric, (above, below) in RATIOS.items():
            row |= parts(metric, found[above], found[below], before[above], before[below])
        for metric, name in TOTALS.items():
            row |= parts(metric, found[name], 1, before[name], 1)
        for metric, day in RETENTION.items():
            looked_at = exposed.date() + timedelta(days=day)
            over = pd.Timestamp(looked_at) + timedelta(days=1)
            is_over = over <= observed and (until is None or over <= until)
            value = float(looked_at in days) if is_over else None
            row |= parts(metric, value, 1, before["active_days"], 1)
        seen = {e["ping_id"] for e in every if e["event_timestamp"] < entered}
        known = self.users.get(user_id, {})
        row["segments"] = ["all", f"activity_{activity(len(seen))}"]
        row["segments"] += [
            f"{name}_{known[name]}" for name in ("country", "region") if pd.notna(known.get(name))
        ]
        if known:
            row["segments"].append("new" if known["is_new"] else "existing")
        return row


def parts(
    metric: str, above: float | None, below: float, pre_above: float, pre_below: float
) -> dict[str, float | None]:
    return {
        f"{metric}:numerator": above,
        f"{metric}:denominator": below,
        f"{metric}:pre_numerator": pre_above,
        f"{metric}:pre_denominator": pre_below,
    }
