"""Why metrics moved, computed event by event from the public tables of the log."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from reference import reaches
from warehouse import Warehouse

TYPES = {
    "impression": "impressions", "view": "views", "like": "likes", "comment": "comments",
    "share": "shares", "follow_creator": "follows", "click": "clicks", "hide": "hides",
}  # fmt: skip
ENGAGING = {"view", "like", "comment", "share"}
RATES = {
    "watch_through_rate": ("watched", "views"),
    "engagement_per_impression": ("engagements", "impressions"),
    "no_view_24h_rate": ("unseen", "impressions"),
}
METRICS = RATES | {
    f"{name}_per_active_user": (name, "users") for name in ["events", *TYPES.values()]
}
OF_USERS = ("cohort", "country", "region", "user_activity")
OF_EVENTS = ("category", "creator", "ping", "ping_age", "ping_length", "hour", "candidate_reason")
DAY = timedelta(days=1)
VALUES = 20
OWN = ("rate_before", "rate_after", "share_before", "share_after")
AGES = {0: "0 days", 1: "1 day", 2: "2 to 3 days", 4: "4 to 7 days", 8: "8 to 14 days"}
AGES |= {15: "15 to 28 days", 29: "29 days and more"}
LENGTHS = {0: "below 15 s", 15: "15 to 30 s", 30: "30 to 60 s", 60: "60 to 120 s"}
LENGTHS |= {120: "120 to 240 s", 240: "240 s and more"}
Row = dict[str, Any]


@dataclass
class Fact:
    """An event, or the lack of a view after an impression."""

    user: str
    ping: str
    at: datetime
    counts: tuple[str, ...]
    watch_time: str | None


class Log:
    """The log, by what dimensions look up."""

    def __init__(self, events: pd.DataFrame, users: pd.DataFrame, pings: pd.DataFrame) -> None:
        self.users = {row["user_id"]: row for row in _rows(users)}
        self.pings = {row["ping_id"]: row for row in _rows(pings)}
        rows = _rows(events)
        self.newest = max((row["event_timestamp"] for row in rows), default=None)
        self.first = min((row["event_timestamp"] for row in rows), default=None)
        self.days: dict[str, set] = defaultdict(set)
        views: dict[tuple, list[datetime]] = defaultdict(list)
        self.first_on: dict[tuple, datetime] = {}
        for row in rows:
            pair, at = (row["user_id"], row["ping_id"]), row["event_timestamp"]
            self.days[row["user_id"]].add(at.date())
            if row["event_type"] == "view":
                views[pair].append(at)
            for name in ("category", "creator_id"):
                key = (row["user_id"], name, self.pings.get(row["ping_id"], {}).get(name))
                self.first_on[key] = min(at, self.first_on.get(key, at))
        for times in views.values():
            times.sort()
        self.facts = [fact for row in rows for fact in self._facts(row, views)]

    def _facts(self, row: Row, views: dict[tuple, list[datetime]]) -> Iterator[Fact]:
        kind, at = row["event_type"], row["event_timestamp"]
        counts = ["events"] + ([TYPES[kind]] if kind in TYPES else [])
        counts += ["engagements"] if kind in ENGAGING else []
        watch_time = None
        if kind == "view":
            watch_time = "missing" if row["watch_time_sec"] is None else "given"
            counts += ["watched"] if reaches(row["watch_time_ratio"], 0.8) else []
        if kind == "impression":
            times = views.get((row["user_id"], row["ping_id"]), [])
            place = bisect_left(times, at)
            if place == len(times) or times[place] - at > DAY:
                counts.append("unseen")
        yield Fact(row["user_id"], row["ping_id"], at, tuple(counts), watch_time)

    def attribute(self, name: str, fact: Fact, start: datetime, earlier: datetime) -> str | None:
        """The value of a dimension; start: of the fact's own span, earlier: of the earlier one."""
        user, ping = self.users.get(fact.user), self.pings.get(fact.ping, {})
        if name == "cohort":
            return "unknown" if user is None else "new" if user["is_new"] else "existing"
        if name in ("country", "region"):
            return (user or {}).get(name) or "unknown"
        if name == "user_activity":
            day = start.date()
            known = (earlier.date() - self.first.date()).days - 1  # whole days of the log
            back = timedelta(days=max(0, min(28, known)))
            days = sum(day - back <= one < day for one in self.days[fact.user])
            places = [(10, "10 to 28 days"), (4, "4 to 9 days"), (1, "1 to 3 days")]
            return next((text for least, text in places if days >= least), "0 days")
        if name in ("category", "creator"):
            return ping.get("creator_id" if name == "creator" else name) or "unknown"
        if name == "ping":
            return fact.ping
        if name == "ping_age":
            created = ping.get("created_at")
            if created is None or fact.at < created:
                return "unknown"
            days = (fact.at - created) / DAY
            return [text for least, text in AGES.items() if days >= least][-1]
        if name == "ping_length":
            if not ping.get("is_duration_known"):
                return "unknown"
            return [text for least, text in LENGTHS.items() if ping["duration_sec"] >= least][-1]
        if name == "hour":
            return f"{fact.at.hour:02d}"
        if name == "watch_time":
            return fact.watch_time
        had = [
            ping.get(key) is not None and self.first_on[fact.user, key, ping[key]] < earlier
            for key in ("category", "creator_id")
        ]
        words = [
            w
            for w, is_so in zip(("prefers category", "engaged creator"), had, strict=True)
            if is_so
        ]
        return "; ".join(words) or "neither"


def _rows(table: pd.DataFrame) -> list[Row]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    for row in rows:
        for name in ("event_timestamp", "created_at"):
            if row.get(name) is not None:
                row[name] = pd.Timestamp(row[name]).to_pydatetime()
    return rows


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def _effects(row: Row, whole: tuple, is_shared: bool, few_below: int) -> Row:
    """The rates, shares and effects of a value. whole: the numbers of both sides."""
    (n0, d0), (n1, d1) = row["before"], row["after"]
    (whole_n0, whole_d0), (whole_n1, whole_d1) = whole
    found: Row = {
        "numerator_before": n0, "denominator_before": d0,
        "numerator_after": n1, "denominator_after": d1,
        "rate_before": _ratio(n0, d0), "rate_after": _ratio(n1, d1),
        "share_before": None if is_shared else _ratio(d0, whole_d0),
        "share_after": None if is_shared else _ratio(d1, whole_d1),
        "rate_effect": None, "mix_effect": None, "effect": None, "share_of_change": None,
        "is_few": min(d0, d1) < few_below,
    }  # fmt: skip
    if not whole_d0 or not whole_d1:
        return found
    whole0, whole1 = whole_n0 / whole_d0, whole_n1 / whole_d1
    contributed = n1 / whole_d1 - n0 / whole_d0
    if is_shared:
        effect, mix, rate = contributed, 0.0, contributed
    else:
        share0, share1 = d0 / whole_d0, d1 / whole_d1
        rate0 = n0 / d0 if d0 else whole0
        rate1 = n1 / d1 if d1 else whole1
        effect = contributed - (share1 - share0) * ((whole0 + whole1) / 2)
        mix = (share1 - share0) * ((rate0 + rate1) / 2 - (whole0 + whole1) / 2)
        rate = (rate1 - rate0) * ((share0 + share1) / 2)
        if (n0 and not d0) or (n1 and not d1):
            rate = effect - mix
    change = whole1 - whole0
    found |= {"effect": effect, "mix_effect": mix, "rate_effect": rate}
    return found | {"share_of_change": _ratio(effect, change)}


@dataclass
class Window:
    """What was counted in both spans of a window."""

    name: str
    counts: dict  # (dimension, value) -> (count, side) -> number
    users: dict  # (user, side) -> count -> number
    pings: dict
    is_in_log: bool
    few_below: int

    def active(self, side: str) -> int:
        return sum(1 for _, at in self.users if at == side)


def _window(log: Log, days: int, few_below: int) -> Window:
    start = log.newest - timedelta(days=days)
    spans = {"before": (log.newest - timedelta(days=2 * days), start), "after": (start, None)}
    counts: dict = defaultdict(lambda: defaultdict(int))
    users: dict = defaultdict(lambda: defaultdict(int))
    pings: dict = defaultdict(lambda: defaultdict(int))
    members: dict = defaultdict(set)
    for side, (begin, end) in spans.items():
        for fact in log.facts:
            if fact.at < begin or (end is not None and fact.at >= end):
                continue
            for name in (*OF_USERS, *OF_EVENTS, "watch_time"):
                value = log.attribute(name, fact, begin, spans["before"][0])
                if value is None:
                    continue
                for count in fact.counts:
                    counts[name, value][count, side] += 1
                if name in OF_USERS:
                    members[name, value, side].add(fact.user)
            for count in fact.counts:
                users[fact.user, side][count] += 1
                pings[fact.ping, side][count] += 1
    for (name, value, side), ids in members.items():
        counts[name, value]["users", side] = len(ids)
    for user in users.values():
        user["users"] = 1
    is_in_log = log.first <= spans["before"][0]
    return Window(f"{days}d", counts, users, pings, is_in_log, few_below)


def reference_changes(warehouse: Warehouse, few_below: int) -> tuple[list[Row], list[Row]]:
    """The rows of metric_changes and of metric_change_summary (but the texts to read)."""
    log = Log(*(warehouse.table(name) for name in ("interactions", "users", "pings")))
    changes: list[Row] = []
    summary: list[Row] = []
    for days in (1, 7, 28) if log.newest else ():
        window = _window(log, days, few_below)
        for metric in METRICS:
            _metric(window, metric, changes, summary)
    return changes, summary


def _metric(window: Window, metric: str, changes: list[Row], summary: list[Row]) -> None:
    top, bottom = METRICS[metric]
    sides = ("before", "after")
    whole = tuple(
        tuple(
            sum(user[name] for (_, at), user in window.users.items() if at == side)
            for name in (top, bottom)
        )
        for side in sides
    )
    ranked = []
    key = {"metric": metric, "time_window": window.name}
    for name in (*OF_USERS, *OF_EVENTS, "watch_time"):
        if name == "watch_time" and metric not in ("watch_through_rate", "views_per_active_user"):
            continue
        is_shared = bottom == "users" and name not in OF_USERS
        values: list[Row] = []
        for (dimension, value), counts in window.counts.items():
            given = {s: (counts[top, s], 0 if is_shared else counts[bottom, s]) for s in sides}
            if dimension == name and any(number for pair in given.values() for number in pair):
                values.append({"value": value, "is_rest": False, "n_values": 1} | given)
        rows = _folded(values, whole, is_shared, window.few_below)
        changes += [key | {"dimension": name} | row for row in rows]
        ranked.append(_summary(window, metric, name, rows, whole))
    ranked.sort(
        key=lambda row: (-round(row["order"][0], 12), -round(row["order"][1], 12), row["dimension"])
    )
    for place, row in enumerate(ranked, 1):
        row.pop("order")
        summary.append(key | {"dimension_rank": place} | row)


def _folded(values: list[Row], whole: tuple, is_shared: bool, few_below: int) -> list[Row]:
    """The values with their effects; all but those that move the metric most are one row."""
    if is_shared:
        for row in values:
            row |= {
                side: (row[side][0], whole[at][1]) for at, side in enumerate(("before", "after"))
            }
    found = [row | _effects(row, whole, is_shared, few_below) for row in values]
    found.sort(key=lambda row: (-abs(row["effect"] or 0), row["value"].encode()))
    rest = found[VALUES:]
    if rest:
        sums = {
            side: tuple(sum(row[side][at] for row in rest) for at in (0, 1))
            for side in ("before", "after")
        }
        if is_shared:
            sums = {
                side: (sums[side][0], whole[at][1]) for at, side in enumerate(("before", "after"))
            }
        folded = {"value": "(rest)", "is_rest": True, "n_values": len(rest)} | sums
        found = [*found[:VALUES], folded | _effects(folded, whole, is_shared, few_below)]
    for row in found:
        del row["before"], row["after"]
    return found


def _pairs(units: dict, side: str, metric: str) -> list[tuple[int, int]]:
    """The numerator and denominator of each unit that has any."""
    pairs = [
        tuple(unit[name] for name in METRICS[metric])
        for (_, at), unit in units.items()
        if at == side
    ]
    return [pair for pair in pairs if any(pair)]


def _varied(pairs: list, size: int) -> tuple[float, float] | None:
    """The variance of the value from unit to unit, and that of a share of its denominators.

    A value is a mean over units: its variance is theirs, with one degree of freedom less than there
    are, divided by how many there are.
    """
    if len(pairs) < 2 or not size:
        return None
    numerators, denominators = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    mean = size / len(pairs)  # of the denominators
    off = (numerators - numerators.sum() / size * denominators) / mean
    spread = (off**2).sum() / (len(pairs) - 1) / len(pairs)
    return spread, ((denominators / mean) ** 2).sum() / (len(pairs) - 1) / len(pairs)


def _parts(row: Row, wholes: dict) -> dict[str, float]:
    """The value's share of the denominators, or of the numerators where those are shared."""
    return {
        side: row[f"share_{side}"]
        if row[f"share_{side}"] is not None
        else (_ratio(row[f"numerator_{side}"], wholes[side]) or 0.0)
        for side in ("before", "after")
    }


def _rate_variance(row: Row, wholes: dict, varied: dict) -> float:
    """How the rate effect of a value varies: the mean share times the change of a rate."""
    parts = _parts(row, wholes)
    changes = sum((varied[side] or (0.0,))[0] / part for side, part in parts.items() if part)
    return (sum(parts.values()) / 2) ** 2 * changes


def _excess(
    row: Row, wholes: dict, sizes: dict, varied: dict, sums: dict, n_values: int, is_few: bool
) -> tuple[float, float]:
    """By how much a value stands out, and how close it comes to that."""
    varied = {side: one or (0.0, 0.0) for side, one in varied.items()}
    parts = _parts(row, wholes)
    if row["is_rest"]:
        return 0.0, 0.0
    mean = sum(parts.values()) / 2
    moved = parts["after"] - parts["before"]
    gap = row["mix_effect"] / moved if moved else 0.0
    own = _rate_variance(row, wholes, varied)
    beyond_part = (1 - mean) ** 2 * own + mean**2 * max(sums["rate_variance"] - own, 0.0)
    added = sum(p * (1 - p) * varied[s][0] for s, p in parts.items())
    noises = {
        "rate": math.sqrt(added if row["share_before"] is None else beyond_part),
        "mix": math.sqrt(
            gap**2 * sum(p * (1 - p) * varied[s][1] for s, p in parts.items())
            + moved**2 / 4 * sum((1 - p) * varied[s][0] / p for s, p in parts.items() if p)
        ),
    }
    deviations = math.sqrt(2 * math.log(20 * n_values))
    reliable, strength = 0.0, 0.0
    for kind, noise in noises.items():
        effect = row[f"{kind}_effect"]
        beyond = effect - mean * sums[kind]
        excess = (
            math.copysign(min(abs(beyond), abs(effect)), effect) if beyond * effect > 0 else 0.0
        )
        if abs(excess) > deviations * noise + 1e-9 and not is_few:
            reliable += excess
        strength = max(strength, (_ratio(abs(excess), deviations * noise) or 0.0))
    middle = sum(wholes[side] / sizes[side] for side in wholes) / 2
    noise = math.sqrt(
        sum(
            p * (1 - p) * (varied[s][0] + (row[f"rate_{s}"] - middle) ** 2 * varied[s][1])
            if row[f"share_{s}"]
            else p * (1 - p) * varied[s][0]
            for s, p in parts.items()
        )
    )
    return max(abs(reliable) - noise, 0.0), min(strength, 1e6)


def _summary(window: Window, metric: str, name: str, rows: list[Row], whole: tuple) -> Row:
    (n0, d0), (n1, d1) = whole
    before, after = _ratio(n0, d0), _ratio(n1, d1)
    is_defined = before is not None and after is not None
    sizes = {"before": d0, "after": d1}
    pairs = {side: _pairs(window.users, side, metric) for side in sizes}
    varied = {side: _varied(pairs[side], size) for side, size in sizes.items()}
    found: Row = {
        "dimension": name, "value_before": before, "value_after": after,
        "change": after - before if is_defined else None,
        "standard_error": math.sqrt(sum(one[0] for one in varied.values()))
        if is_defined and all(varied.values()) else None,
        "numerator_before": n0, "denominator_before": d0,
        "numerator_after": n1, "denominator_after": d1,
        "concentration": 0.0, "dimension_values": 0, "top_value": None,
        **{f"top_{one}": None for one in ("rate_before", "rate_after", "share_before")},
        **{f"top_{one}": None for one in ("share_after", "effect", "rate_effect", "mix_effect")},
        "is_comparable": is_defined and window.is_in_log,
        "is_few": min(d0, d1, *map(len, pairs.values())) < window.few_below,
        "is_provisional": metric == "no_view_24h_rate", "order": (-1.0, -1.0),
    }  # fmt: skip
    if not is_defined or not rows:
        return found
    if name == "ping_age":
        pairs = {side: _pairs(window.pings, side, metric) for side in sizes}
        varied = {side: _varied(pairs[side], size) for side, size in sizes.items()}
    is_few = min(map(len, pairs.values())) < max(window.few_below, 2)
    sums = {
        kind: float(np.sum([row[f"{kind}_effect"] for row in rows])) for kind in ("rate", "mix")
    }
    n_values = sum(row["n_values"] for row in rows)
    wholes = {"before": n0, "after": n1}
    sums["rate_variance"] = sum(_rate_variance(row, wholes, varied) for row in rows)
    scored = [(*_excess(row, wholes, sizes, varied, sums, n_values, is_few), row) for row in rows]
    best = min(
        scored,
        key=lambda one: (
            -round(one[0], 12),
            one[2]["is_rest"],
            -round(abs(one[2]["effect"]), 12),
            one[2]["value"].encode(),
        ),
    )
    top = best[2]
    found["top_value"] = top["value"]
    found |= {f"top_{one}": top[one] for one in (*OWN, "effect", "rate_effect", "mix_effect")}
    return found | {
        "concentration": best[0], "dimension_values": n_values,
        "order": (best[0], max(one[1] for one in scored)),
    }  # fmt: skip


KEYS = {
    "metric_changes": ["metric", "time_window", "dimension", "value", "is_rest"],
    "metric_change_summary": ["metric", "time_window", "dimension"],
}
TO_READ = {
    "metric_changes": ["value_label"],
    "metric_change_summary": ["top_value_label", "sentence"],
}


def assert_changes_equal(
    warehouse: Warehouse, leave_out: Callable[[str], bool] | None = None, few_below: int = 30
) -> None:
    """Both tables of the warehouse are those of the reference."""
    for name, rows in zip(KEYS, reference_changes(warehouse, few_below), strict=True):
        built = warehouse.table(name).drop(columns=TO_READ[name])
        if leave_out is not None:
            built = built[~built["dimension"].map(leave_out)]
        wanted = pd.DataFrame(rows, columns=built.columns)
        frames = []
        for table in (built, wanted):
            table = table.sort_values(KEYS[name], ignore_index=True)
            numbers = table.select_dtypes("number").columns if table is not wanted else []
            frames.append(table.astype(dict.fromkeys(numbers, "float64")))
        built, wanted = frames
        for column in built.columns:
            if built[column].dtype == "float64":
                wanted[column] = wanted[column].astype("float64")
            else:
                built[column] = built[column].astype(object).where(built[column].notna(), None)
                wanted[column] = wanted[column].astype(object).where(wanted[column].notna(), None)
        pd.testing.assert_frame_equal(
            built, wanted, rtol=1e-9, atol=1e-12, obj=name, check_dtype=False
        )


def assert_totals_are_those_of_health(warehouse: Warehouse) -> None:
    """The wholes are the windows of recommender_health and recommender_health_previous."""
    wanted = warehouse.query(
        "select time_window, previous.watch_through_rate, previous.engagement_per_impression, "
        "previous.no_view_24h_rate, health.watch_through_rate, health.engagement_per_impression, "
        "health.no_view_24h_rate, previous.is_complete "
        "from recommender_health as health "
        "join recommender_health_previous as previous using (segment, time_window) "
        "where segment = 'all' order by time_window"
    )
    found = warehouse.query(
        "select time_window, "
        + ", ".join(
            f"any_value(value_{side}) filter (where metric = '{metric}')"
            for side in ("before", "after")
            for metric in RATES
        )
        + ", bool_or(is_comparable) filter (where metric = 'events_per_active_user') "
        "from metric_change_summary group by time_window order by time_window"
    )
    found.columns = wanted.columns
    # what the log does not reach back over is not comparable; what it does may have no events
    assert not (found.iloc[:, -1].fillna(False) & ~wanted.iloc[:, -1]).any()
    pd.testing.assert_frame_equal(found.iloc[:, :-1], wanted.iloc[:, :-1], rtol=0, atol=0)
