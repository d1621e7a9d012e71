"""An independent reference for every mart, written from the meanings alone.

The tests compare each dbt mart with what these functions make of the same raw rows. The code is
plain on purpose: lists of records and loops, and recommendations by brute force over every user
and every ping. It shares nothing with the SQL, so that an error of reading in one shows up as a
difference and not as an agreement.
"""

from __future__ import annotations

import csv
import io
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

DAY_SECONDS = 86_400
ONE_DAY = timedelta(days=1)
PARTS_OF_A_RATIO_BIN = 10  # histogram bins are 1/10 wide
LAST_RATIO_BIN = 20  # and the last one starts at 20/10

EVENT_WEIGHTS = Path(__file__).resolve().parents[3] / "seeds" / "event_weights.csv"

DEFAULT_EVENT_WEIGHTS: Mapping[str, float] = {
    "view": 1.0,
    "like": 2.0,
    "comment": 3.0,
    "share": 4.0,
    "follow_creator": 2.0,
    "click": 1.0,
    "impression": 0.1,
    "hide": -1.0,
}


def engaged_types_of(event_weights: Path) -> frozenset[str]:
    """What counts as engagement with a ping, and as "interacted" for cohorts: as the seed says."""
    rows = pd.read_csv(event_weights, dtype="string", keep_default_na=False)
    return frozenset(rows.loc[rows["is_engagement"] == "true", "event_type"])


def plain_type(event_type: str | None) -> str | None:
    """An event type as it is compared: without case, blanks, - and _."""
    return re.sub("[ _-]", "", event_type).lower() if event_type is not None else None


@dataclass(frozen=True)
class Parameters:
    """What a user of the project may change. The defaults are the project's defaults."""

    as_of: str | datetime | None = None  # rewind: only what happened strictly before it
    top_k: int = 10
    weight_popularity: float = 0.50
    weight_category: float = 0.25
    weight_creator: float = 0.15
    weight_freshness: float = 0.10
    affinity_window_days: float | None = None  # None: all history
    watch_time_ratio_cap: float | None = None  # None: not capped
    ratio_without_watch_time: float = 0.0
    new_user_days: int = 7
    event_weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_EVENT_WEIGHTS))
    engaged_types: frozenset[str] = field(default_factory=lambda: engaged_types_of(EVENT_WEIGHTS))
    view_types: frozenset[str] = frozenset({"view"})
    max_watch_time_sec: float = 86_400.0
    default_duration_sec: float = 30.0
    missing_created_at_age_days: int = 30
    watched_through_ratio: float = 0.8
    popular_above: float = 0.5
    recent_above: float = 0.02
    top_pings_count: int = 10
    session_gap_minutes: float = 30.0
    new_item_days: int = 7
    few_below: int = 30  # of fewer, a rate says little


# One entry per mart: its columns in order, and the kind of each.
#   text, number (double), count (bigint), count? (bigint, may be null), flag (boolean),
#   moment (UTC timestamp without zone), date (midnight of that day)
QUALITY_COLUMNS: dict[str, str] = {
    "watched_through_views": "count",
    "watch_through_rate": "number",
    "engagements": "count",
    "engagement_per_impression": "number",
    "engaged_impressions": "count",
    "median_seconds_to_first_engagement": "number",
    "impressions_without_view_24h": "count",
    "no_view_24h_rate": "number",
}

PING_SCORE_COLUMNS: dict[str, str] = {
    "ping_id": "text",
    "global_engagement": "number",
    "users_interacted": "count",
    "engagement_rank": "count",
}

MART_COLUMNS: dict[str, dict[str, str]] = {
    "users": {
        "user_id": "text",
        "country": "text",
        "signup_date": "date",
        "age": "number",
        "is_new": "flag",
        "region": "text",
        "blocklist": "text",
    },
    "pings": {
        "ping_id": "text",
        "creator_id": "text",
        "main_hashtag": "text",
        "category": "text",
        "duration_sec": "number",
        "is_duration_known": "flag",
        "created_at": "moment",
        "quality_score": "number",
        "region_restriction": "text",
    },
    "interactions": {
        "event_id": "text",
        "user_id": "text",
        "ping_id": "text",
        "event_type": "text",
        "event_timestamp": "moment",
        "watch_time_sec": "number",
        "duration_sec": "number",
        "watch_time_ratio": "number",
        "event_score": "number",
    },
    "rejected_rows": {"source_table": "text", "reject_reason": "text"},
    "intake_summary": {
        "source_table": "text",
        "outcome": "text",
        "reject_reason": "text",
        "row_count": "count",
    },
    "intake_nulled_values": {
        "source_table": "text",
        "column_name": "text",
        "row_count": "count",
    },
    "user_ping_engagement": {
        "user_id": "text",
        "ping_id": "text",
        "engagement_score": "number",
        "n_events": "count",
        "first_event_timestamp": "moment",
        "last_event_timestamp": "moment",
    },
    "ping_global_scores": dict(PING_SCORE_COLUMNS),
    "top_pings": {
        **PING_SCORE_COLUMNS,
        "creator_id": "text",
        "main_hashtag": "text",
        "category": "text",
        "duration_sec": "number",
        "created_at": "moment",
    },
    "watch_time_ratio_stats": {
        "view_count": "count",
        "mean": "number",
        "std": "number",
        "min": "number",
        "p25": "number",
        "p50": "number",
        "p75": "number",
        "p90": "number",
        "max": "number",
    },
    "watch_time_ratio_histogram": {
        "bin_start": "number",
        "bin_end": "number",
        "view_count": "count",
    },
    "watch_through_curve": {
        "segment": "text",
        "watch_time_ratio": "number",
        "views_in_bin": "count",
        "views_reaching": "count",
        "views": "count",
        "share_reaching": "number",
    },
    "cohort_metrics": {
        "is_new": "flag",
        "avg_watch_time_ratio": "number",
        "view_count": "count",
        "avg_pings_interacted": "number",
        "user_count": "count",
    },
    "user_category_affinity": {
        "user_id": "text",
        "category": "text",
        "n_events": "count",
        "affinity": "number",
    },
    "user_creator_affinity": {
        "user_id": "text",
        "creator_id": "text",
        "n_events": "count",
        "affinity": "number",
    },
    "ping_features": {
        "ping_id": "text",
        "global_engagement": "number",
        "popularity": "number",
        "age_days": "count",
        "freshness": "number",
    },
    "recommendations": {
        "user_id": "text",
        "rank": "count",
        "ping_id": "text",
        "score": "number",
        "popularity_part": "number",
        "category_part": "number",
        "creator_part": "number",
        "freshness_part": "number",
        "declared_part": "number",
        "category": "text",
        "main_hashtag": "text",
        "creator_id": "text",
        "strategy": "text",
        "rerank_part": "number",
        "propensity": "number",
        "reason": "text",
    },
    "recommender_health": {
        "segment": "text",
        "time_window": "text",
        "views": "count",
        "watched_through_views": "count",
        "watch_through_rate": "number",
        "impressions": "count",
        "engagements": "count",
        "engagement_per_impression": "number",
        "engaged_impressions": "count",
        "median_seconds_to_first_engagement": "number",
        "impressions_without_view_24h": "count",
        "no_view_24h_rate": "number",
        "recommended_pings": "count",
        "catalogue_pings": "count",
        "item_coverage": "number",
        "is_complete": "flag",
        "hitrate_at_10": "number",
        "hitrate_as_of": "moment",
        "hitrate_strategy": "text",
    },
    "recommender_health_previous": {
        "segment": "text",
        "time_window": "text",
        "window_start": "moment",
        "window_end": "moment",
        "is_complete": "flag",
        "views": "count",
        "impressions": "count",
        **QUALITY_COLUMNS,
    },
    "first_engagement_delays": {
        "segment": "text",
        "delay_group": "count",
        "over_seconds": "number",
        "up_to_seconds": "number",
        "impressions_in_group": "count",
        "impressions_engaged_by_then": "count?",
        "impressions": "count",
        "engaged_by_then_rate": "number",
    },
    "impressions_by_ping_age": {
        "segment": "text",
        "age_group": "count",
        "from_days": "count?",
        "to_days": "count?",
        "impressions": "count",
        "impressions_without_view_24h": "count",
        "no_view_24h_rate": "number",
    },
    "recommender_health_daily": {
        "date": "date",
        "segment": "text",
        "n_events": "count",
        "active_users": "count",
        "impressions": "count",
        "views": "count",
        "likes": "count",
        "comments": "count",
        "shares": "count",
        "follows": "count",
        "clicks": "count",
        "hides": "count",
        **QUALITY_COLUMNS,
        "watch_through_rate_low": "number",
        "watch_through_rate_high": "number",
        "no_view_24h_rate_low": "number",
        "no_view_24h_rate_high": "number",
        "is_few_views": "flag",
        "is_few_impressions": "flag",
        "is_provisional": "flag",
    },
    "recommendation_coverage": {
        "catalogue_pings": "count",
        "recommended_pings": "count",
        "item_coverage": "number",
        "catalogue_creators": "count",
        "recommended_creators": "count",
        "creator_coverage": "number",
        "gini_exposure": "number",
        "recommended_slots": "count",
        "new_item_slots": "count",
        "new_item_share": "number",
        "tail_slots": "count",
        "tail_share": "number",
    },
    "exposure_curve": {
        "percent_of_pings": "count",
        "pings_so_far": "count",
        "catalogue_pings": "count",
        "share_of_pings": "number",
        "slots_so_far": "count",
        "recommended_slots": "count",
        "share_of_slots": "number",
    },
    "user_sessions": {
        "user_id": "text",
        "session_number": "count",
        "started_at": "moment",
        "ended_at": "moment",
        "duration_sec": "number",
        "n_events": "count",
        "n_pings": "count",
    },
    "retention_daily": {
        "date": "date",
        "active_users": "count",
        "new_users": "count",
        "d1_users": "count?",
        "d1_retention": "number",
        "d1_retention_low": "number",
        "d1_retention_high": "number",
        "d7_users": "count?",
        "d7_retention": "number",
        "d7_retention_low": "number",
        "d7_retention_high": "number",
        "wau": "count",
        "mau": "count",
        "is_few_new_users": "flag",
        "is_wau_complete": "flag",
        "is_mau_complete": "flag",
        "is_provisional": "flag",
    },
    "creator_health": {
        "creator_id": "text",
        "pings": "count",
        "impressions": "count",
        "views": "count",
        "watched_through_views": "count",
        "watch_through_rate": "number",
        "follows": "count",
        "shares": "count",
        "recommended_slots": "count",
        "exposure_share": "number",
    },
}


# --- records ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class User:
    user_id: str
    country: str | None
    signup_date: date | None
    age: float | None
    region: str | None
    blocklist: str | None  # sorted, joined by |


@dataclass(frozen=True)
class Ping:
    ping_id: str
    creator_id: str | None
    main_hashtag: str | None
    category: str | None
    duration_sec: float  # effective: after the rule for durations that are not known
    is_duration_known: bool
    created_at: datetime | None
    quality_score: float | None
    region_restriction: str | None  # sorted, joined by |


@dataclass(frozen=True)
class RawEvent:
    """An event that passed every check on its own row; duplicates are not yet removed."""

    event_id: str | None
    user_id: str
    ping_id: str
    event_type: str
    at: datetime
    watch_time_sec: float | None
    nulled: frozenset[str]  # columns whose value was unusable
    raw_row: bytes


@dataclass(frozen=True)
class Event:
    event_id: str | None
    user_id: str
    ping_id: str
    event_type: str
    at: datetime
    watch_time_sec: float | None
    duration_sec: float
    ratio: float | None  # views only
    score: float


@dataclass(frozen=True)
class PingFeatures:
    ping: Ping
    global_engagement: float
    popularity: float
    age_days: int
    freshness: float


@dataclass(frozen=True)
class Recommendation:
    user_id: str
    rank: int
    ping: Ping
    score: float
    popularity_part: float
    category_part: float
    creator_part: float
    freshness_part: float
    reason: str


@dataclass(frozen=True)
class Exposure:
    """An impression and what followed it on the same user and ping."""

    impression: Event
    seconds_to_engagement: float | None
    viewed_within_24h: bool


@dataclass
class Intake:
    """What became of every raw row."""

    outcomes: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    nulled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def accept(self, table: str, nulled: Iterable[str]) -> None:
        self.outcomes[table, "accepted", None] += 1
        for column in nulled:
            self.nulled[table, column] += 1

    def reject(self, table: str, reason: str) -> None:
        self.outcomes[table, "rejected", reason] += 1

    def postpone(self, table: str) -> None:
        self.outcomes[table, "after_as_of", None] += 1


# --- reading text ----------------------------------------------------------------------------

_NUMBER = re.compile(
    r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity|nan)", re.I | re.A
)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?"
    r" ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.I | re.A,
)


def texts(frame: pd.DataFrame, column: str, *, trim: bool = False) -> list[str | None]:
    """A raw column as text; a column that is not there, and a blank value, are missing values.

    So are the words in the attribute `null_words` of the frame, which CSV has for null.
    """
    null_words = frame.attrs.get("null_words", ())
    if column not in frame.columns:
        return [None] * len(frame)
    values: list[str | None] = []
    for raw in frame[column].tolist():
        text = None if pd.isna(raw) else str(raw)
        if text is not None and (not text.strip(" ") or text.strip(" ") in null_words):
            text = None
        values.append(text.strip(" ") if trim and text is not None else text)
    return values


def raw_rows(frame: pd.DataFrame) -> list[bytes]:
    """Each row as a line of CSV, which the order of bytes applies to."""
    lines: list[bytes] = []
    for row in frame.itertuples(index=False, name=None):
        line = io.StringIO()
        csv.writer(line).writerow(["" if pd.isna(value) else str(value) for value in row])
        lines.append(line.getvalue().removesuffix("\r\n").encode())
    return lines


def parse_items(text: str | None) -> str | None:
    """The items of a list joined by |, each once and sorted; None where there is none."""
    items = {item.strip(" ") for item in (text or "").split("|")} - {""}
    return "|".join(sorted(items)) or None


def parse_number(text: str | None) -> float | None:
    """A number, infinities and NaN included; None where the text is missing or no number."""
    if text is None or not _NUMBER.fullmatch(text.strip(" ")):
        return None
    return float(text)


def parse_timestamp(text: str | None) -> datetime | None:
    """A UTC timestamp without a zone; a date alone is its midnight; None where it is no date."""
    match = _TIMESTAMP.fullmatch(text.strip(" ")) if text is not None else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(
            *(int(year), int(month), int(day)),
            *(int(hour or 0), int(minute or 0), int(second or 0)),
            microsecond,
        )
        return local - parse_offset(zone)
    except (ValueError, OverflowError):
        return None


def parse_offset(zone: str | None) -> timedelta:
    """How far a zone such as Z, +02:00 or -0530 is ahead of UTC."""
    if zone is None or zone.upper() in {"Z", "UTC"}:
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{zone} is no offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone.startswith("-") else offset


def as_moment(value: str | datetime | None) -> datetime | None:
    """The as_of parameter as a UTC timestamp without a zone."""
    if value is None:
        return None
    if isinstance(value, str):
        moment = parse_timestamp(value)
        if moment is None:
            raise ValueError(f"as_of is no timestamp: {value!r}")
        return moment
    plain = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
    ahead = plain.utcoffset()
    return plain if ahead is None else (plain - ahead).replace(tzinfo=None)


# --- small arithmetic ------------------------------------------------------------------------


def divided(numerator: float, denominator: float) -> float | None:
    """A rate; null where there is nothing to divide by."""
    return numerator / denominator if denominator else None


def interval_of(rate: str, count: int | None, total: int) -> dict[str, float | None]:
    """The rates that are 1.96 standard errors (of theirs) from what was counted: the roots of
    (p - count / total)² = z² p (1 - p) / total.
    """
    low = high = None
    if total and count is not None:
        z2, share = NormalDist().inv_cdf(0.975) ** 2, count / total
        a, b, c = 1 + z2 / total, -(2 * share + z2 / total), share**2
        root = math.sqrt(max(0.0, b * b - 4 * a * c))
        low, high = max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))
    return {f"{rate}_low": low, f"{rate}_high": high}


def is_plausible_duration(seconds: float) -> bool:
    """Whether a number may be a length, known or not: 0 and less stand for one that is not."""
    return -1e9 < seconds <= 0 or 0.001 <= seconds < 1e9


def reaches(value: float, threshold: float) -> bool:
    """Whether a number is at least a threshold, both taken to 9 digits: 9.6 / 12 reaches 0.8."""
    return round(value, 9) >= round(threshold, 9)


def shifted(moment: datetime, days: float) -> datetime:
    """A moment some days away, held inside the calendar."""
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return datetime.max if days > 0 else datetime.min


def settled(value: float) -> float:
    """A sum without the noise of the order in which it was added up.

    Sums that are equal on paper may differ in their last bits. A ranking must not depend on that.
    """
    return math.floor(value * 1e9 + 0.5) / 1e9


def interpolated(values: list[float], quantile: float) -> float | None:
    """A quantile, linear between the two nearest values."""
    if not values:
        return None
    ordered = sorted(values)
    position = quantile * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


# --- intake ----------------------------------------------------------------------------------


def take_in_users(raw: pd.DataFrame, as_of: datetime | None, intake: Intake) -> list[User]:
    accepted: dict[str, tuple[tuple, list[str], User]] = {}
    columns = zip(
        texts(raw, "user_id", trim=True),
        texts(raw, "country"),
        texts(raw, "signup_date"),
        texts(raw, "age"),
        texts(raw, "region", trim=True),
        texts(raw, "blocklist"),
        newness(raw),
        strict=True,
    )
    for user_id, country, signup_text, age_text, region, blocklist_text, newest in columns:
        blocklist = parse_items(blocklist_text)
        signed_up = parse_timestamp(signup_text)
        age = parse_number(age_text)
        if age is not None and not math.isfinite(age):
            age = None
        if as_of is not None and signed_up is not None and signed_up >= as_of:
            intake.postpone("users")
        elif user_id is None:
            intake.reject("users", "missing id")
        elif user_id in accepted and newest < accepted[user_id][0]:
            intake.reject("users", "duplicate")
        else:
            if user_id in accepted:
                intake.reject("users", "duplicate")
            nulled = []
            if signup_text is not None and signed_up is None:
                nulled.append("signup_date")
            if age_text is not None and age is None:
                nulled.append("age")
            if blocklist_text is not None and blocklist is None:
                nulled.append("blocklist")
            # The full timestamp decides about as_of; everything else asks for the day.
            signup_date = signed_up.date() if signed_up is not None else None
            user = User(user_id, country, signup_date, age, region, blocklist)
            accepted[user_id] = (newest, nulled, user)
    for _, nulled, _ in accepted.values():
        intake.accept("users", nulled)
    return [user for _, _, user in accepted.values()]


def newness(raw: pd.DataFrame) -> list[tuple]:
    """What orders the rows of one id: the last updated one is the newest, else the last one."""
    moments = [parse_timestamp(text) for text in texts(raw, "updated_at")]
    return [(moment or datetime.min, place) for place, moment in enumerate(moments)]


def take_in_pings(
    raw: pd.DataFrame, as_of: datetime | None, intake: Intake, parameters: Parameters
) -> dict[str, Ping]:
    kept: dict[str, dict] = {}
    rank: dict[str, tuple[tuple, list[str]]] = {}
    columns = zip(
        texts(raw, "ping_id", trim=True),
        texts(raw, "creator_id", trim=True),
        texts(raw, "main_hashtag"),
        texts(raw, "category"),
        texts(raw, "duration_sec"),
        texts(raw, "created_at"),
        texts(raw, "quality_score"),
        texts(raw, "region_restriction"),
        newness(raw),
        strict=True,
    )
    for ping_id, creator_id, main_hashtag, category, duration_text, created_text, *more in columns:
        quality, regions = parse_number(more[0]), parse_items(more[1])
        if quality is not None and not abs(quality) < 1e15:
            quality = None
        created_at = parse_timestamp(created_text)
        duration = parse_number(duration_text)
        if duration is not None and not is_plausible_duration(duration):
            duration = None
        if as_of is not None and created_at is not None and created_at >= as_of:
            intake.postpone("pings")
        elif ping_id is None:
            intake.reject("pings", "missing id")
        elif ping_id in kept and more[2] < rank[ping_id][0]:
            intake.reject("pings", "duplicate")
        else:
            if ping_id in kept:
                intake.reject("pings", "duplicate")
            nulled = []
            if duration_text is not None and duration is None:
                nulled.append("duration_sec")
            if created_text is not None and created_at is None:
                nulled.append("created_at")
            if more[0] is not None and quality is None:
                nulled.append("quality_score")
            if more[1] is not None and regions is None:
                nulled.append("region_restriction")
            rank[ping_id] = (more[2], nulled)
            kept[ping_id] = {
                "creator_id": creator_id,
                "main_hashtag": main_hashtag,
                "category": category,
                "duration_sec": duration,
                "created_at": created_at,
                "quality_score": quality,
                "region_restriction": regions,
            }

    for _, nulled in rank.values():
        intake.accept("pings", nulled)
    durations = [ping["duration_sec"] for ping in kept.values()]
    known = [duration for duration in durations if duration and duration > 0]
    median = interpolated(known, 0.5)
    usual = median if median is not None else parameters.default_duration_sec
    pings: dict[str, Ping] = {}
    for ping_id, ping in kept.items():
        duration = ping["duration_sec"]
        is_known = duration is not None and duration > 0
        effective = {"duration_sec": duration if is_known else usual, "is_duration_known": is_known}
        pings[ping_id] = Ping(ping_id=ping_id, **(ping | effective))
    return pings


def take_in_events(
    raw: pd.DataFrame, as_of: datetime | None, intake: Intake, parameters: Parameters
) -> list[RawEvent]:
    candidates: list[RawEvent] = []
    columns = zip(
        texts(raw, "event_id", trim=True),
        texts(raw, "user_id", trim=True),
        texts(raw, "ping_id", trim=True),
        texts(raw, "event_type", trim=True),
        texts(raw, "watch_time_sec"),
        texts(raw, "event_timestamp"),
        raw_rows(raw),
        strict=True,
    )
    spelling_of = {plain_type(name): name for name in parameters.event_weights}
    for event_id, user_id, ping_id, spelling, watch_text, at_text, raw_row in columns:
        event_type = spelling_of.get(plain_type(spelling)) if spelling is not None else None
        at = parse_timestamp(at_text)
        watch_time = parse_number(watch_text)
        if as_of is not None and at is not None and at >= as_of:
            intake.postpone("interactions")
        elif user_id is None or ping_id is None:
            intake.reject("interactions", "missing id")
        elif event_type is None:
            intake.reject("interactions", "unknown event type")
        elif at is None:
            intake.reject("interactions", "unparseable or missing event timestamp")
        elif watch_time is not None and (not math.isfinite(watch_time) or watch_time < 0):
            intake.reject("interactions", "negative or non-finite watch time")
        else:
            is_nulled = watch_text is not None and watch_time is None
            nulled = frozenset({"watch_time_sec"} if is_nulled else ())
            candidates.append(
                RawEvent(event_id, user_id, ping_id, event_type, at, watch_time, nulled, raw_row)
            )

    accepted = without_duplicates(candidates)
    for event in accepted:
        intake.accept("interactions", event.nulled)
    for _ in range(len(candidates) - len(accepted)):
        intake.reject("interactions", "duplicate")
    return accepted


def without_duplicates(candidates: list[RawEvent]) -> list[RawEvent]:
    """The earliest event of each event_id; of the events without one, one per complete content.

    Of several at one moment it is the first by the text of its raw row.
    """

    def content(event: RawEvent) -> tuple:
        return (event.user_id, event.ping_id, event.event_type, event.watch_time_sec, event.at)

    def precedence(event: RawEvent) -> tuple:
        return (event.at, event.raw_row)

    kept: dict[tuple, RawEvent] = {}
    for event in candidates:
        identity = content(event) if event.event_id is None else (event.event_id,)
        kept[identity] = min(kept.get(identity, event), event, key=precedence)
    return list(kept.values())


def scored_events(
    raw_events: list[RawEvent], pings: Mapping[str, Ping], parameters: Parameters
) -> list[Event]:
    events = []
    for raw in raw_events:
        ping = pings.get(raw.ping_id)
        duration = ping.duration_sec if ping is not None else parameters.default_duration_sec
        weight = float(parameters.event_weights[raw.event_type])
        ratio = None
        score = weight
        if raw.event_type in parameters.view_types:
            ratio = parameters.ratio_without_watch_time
            if raw.watch_time_sec is not None:
                ratio = min(raw.watch_time_sec, parameters.max_watch_time_sec) / duration
            if parameters.watch_time_ratio_cap is not None:
                ratio = min(ratio, parameters.watch_time_ratio_cap)
            score = weight * ratio
        events.append(
            Event(
                *(raw.event_id, raw.user_id, raw.ping_id, raw.event_type, raw.at),
                *(raw.watch_time_sec, duration, ratio, score),
            )
        )
    return sorted(events, key=lambda event: (event.at, event.user_id, event.ping_id))


def new_user_ids(users: list[User], parameters: Parameters) -> set[str]:
    """Users who signed up at most some days before the newest sign-up, in calendar days."""
    known = [user.signup_date for user in users if user.signup_date is not None]
    if not known:
        return set()
    newest = max(known)
    return {
        user.user_id
        for user in users
        if user.signup_date is not None
        and (newest - user.signup_date).days <= parameters.new_user_days
    }


# --- engagement ------------------------------------------------------------------------------


def grouped(events: Iterable[Event], key: Callable[[Event], object]) -> dict[object, list[Event]]:
    groups: dict[object, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return dict(groups)


def user_ping_engagement(events: list[Event]) -> list[dict]:
    rows = []
    pairs = grouped(events, lambda event: (event.user_id, event.ping_id))
    for (user_id, ping_id), pair in sorted(pairs.items()):
        rows.append(
            {
                "user_id": user_id,
                "ping_id": ping_id,
                "engagement_score": math.fsum(event.score for event in pair),
                "n_events": len(pair),
                "first_event_timestamp": min(event.at for event in pair),
                "last_event_timestamp": max(event.at for event in pair),
            }
        )
    return rows


def ping_global_scores(events: list[Event]) -> list[dict]:
    """Every ping with events, whether or not the catalogue knows it, the most engaged first."""
    rows = []
    for ping_id, of_ping in grouped(events, lambda event: event.ping_id).items():
        rows.append(
            {
                "ping_id": ping_id,
                # The sum over users of the sums over events is the sum over events. fsum is
                # exact, so that pings with the same events have the same sum to the last bit.
                "global_engagement": math.fsum(event.score for event in of_ping),
                "users_interacted": len({event.user_id for event in of_ping}),
            }
        )
    rows.sort(key=lambda row: (-settled(row["global_engagement"]), row["ping_id"]))
    return [{**row, "engagement_rank": place} for place, row in enumerate(rows, start=1)]


def top_pings(
    global_scores: list[dict], pings: Mapping[str, Ping], parameters: Parameters
) -> list[dict]:
    rows = []
    for row in global_scores[: parameters.top_pings_count]:
        ping = pings.get(row["ping_id"])
        rows.append(
            {
                **row,
                "creator_id": ping.creator_id if ping else None,
                "main_hashtag": ping.main_hashtag if ping else None,
                "category": ping.category if ping else None,
                "duration_sec": ping.duration_sec if ping else parameters.default_duration_sec,
                "created_at": ping.created_at if ping else None,
            }
        )
    return rows


def watch_time_ratio_stats(events: list[Event]) -> list[dict]:
    ratios = [event.ratio for event in events if event.ratio is not None]
    count = len(ratios)
    mean = math.fsum(ratios) / count if count else None
    spread = None
    if count >= 2:
        spread = math.sqrt(math.fsum((ratio - mean) ** 2 for ratio in ratios) / (count - 1))
    return [
        {
            "view_count": count,
            "mean": mean,
            "std": spread,
            "min": min(ratios, default=None),
            "p25": interpolated(ratios, 0.25),
            "p50": interpolated(ratios, 0.50),
            "p75": interpolated(ratios, 0.75),
            "p90": interpolated(ratios, 0.90),
            "max": max(ratios, default=None),
        }
    ]


def watch_time_ratio_histogram(events: list[Event]) -> list[dict]:
    """Bins from bin_start (inclusive) to bin_end (exclusive); the last has no end."""
    ratios = [event.ratio for event in events if event.ratio is not None]
    rows = []
    for number in range(LAST_RATIO_BIN + 1):
        start = number / PARTS_OF_A_RATIO_BIN
        end = (number + 1) / PARTS_OF_A_RATIO_BIN if number < LAST_RATIO_BIN else None
        inside = [
            ratio
            for ratio in ratios
            if reaches(ratio, start) and (end is None or not reaches(ratio, end))
        ]
        rows.append({"bin_start": start, "bin_end": end, "view_count": len(inside)})
    return rows


def watch_through_curve(users: list[User], new_users: set[str], events: list[Event]) -> list[dict]:
    rows = []
    for segment, belongs in segments(users, new_users).items():
        ratios = [
            event.ratio for event in events if event.ratio is not None and belongs(event.user_id)
        ]
        for number in range(LAST_RATIO_BIN + 1):
            least, next_least = (
                n / PARTS_OF_A_RATIO_BIN if n <= LAST_RATIO_BIN else math.inf
                for n in (number, number + 1)
            )
            reaching = sum(reaches(ratio, least) for ratio in ratios)
            rows.append(
                {
                    "segment": segment,
                    "watch_time_ratio": least,
                    "views_in_bin": reaching - sum(reaches(ratio, next_least) for ratio in ratios),
                    "views_reaching": reaching,
                    "views": len(ratios),
                    "share_reaching": divided(reaching, len(ratios)),
                }
            )
    return rows


def cohort_metrics(
    users: list[User], new_users: set[str], events: list[Event], parameters: Parameters
) -> list[dict]:
    by_user = grouped(events, lambda event: event.user_id)
    rows = []
    for is_new in (False, True):
        cohort = [user.user_id for user in users if (user.user_id in new_users) == is_new]
        ratios: list[float] = []
        pings_interacted = 0
        for user_id in cohort:
            of_user = by_user.get(user_id, [])
            ratios.extend(event.ratio for event in of_user if event.ratio is not None)
            engaged = [event for event in of_user if event.event_type in parameters.engaged_types]
            pings_interacted += len({event.ping_id for event in engaged})
        rows.append(
            {
                "is_new": is_new,
                "avg_watch_time_ratio": divided(math.fsum(ratios), len(ratios)),
                "view_count": len(ratios),
                "avg_pings_interacted": divided(pings_interacted, len(cohort)),
                "user_count": len(cohort),
            }
        )
    return rows


# --- recommendations -------------------------------------------------------------------------


def affinity_rows(
    events: list[Event],
    pings: Mapping[str, Ping],
    attribute: str,
    parameters: Parameters,
) -> list[dict]:
    """Shares of a user's events, by the category or the creator of their pings.

    Events on pings without the attribute, and on pings that are not in the catalogue, count in
    the whole and in no part. A window limits the whole and the parts alike.
    """
    if parameters.affinity_window_days is not None and events:
        oldest = shifted(max(event.at for event in events), -parameters.affinity_window_days)
        events = [event for event in events if event.at >= oldest]
    totals: Counter[str] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for event in events:
        totals[event.user_id] += 1
        ping = pings.get(event.ping_id)
        value = getattr(ping, attribute) if ping is not None else None
        if value is not None:
            parts[event.user_id, value] += 1
    return [
        {
            "user_id": user_id,
            attribute: value,
            "n_events": n_events,
            "affinity": n_events / totals[user_id],
        }
        for (user_id, value), n_events in sorted(parts.items())
    ]


def ping_features(
    pings: Mapping[str, Ping], global_scores: list[dict], parameters: Parameters
) -> list[PingFeatures]:
    """Features of every ping of the catalogue, in the order of their ids."""
    engagement_of = {row["ping_id"]: row["global_engagement"] for row in global_scores}
    catalogue = [pings[ping_id] for ping_id in sorted(pings)]
    engagements = [engagement_of.get(ping.ping_id, 0.0) for ping in catalogue]
    lowest, highest = min(engagements, default=0.0), max(engagements, default=0.0)
    are_equal = settled(lowest) == settled(highest)
    newest = max((ping.created_at for ping in catalogue if ping.created_at), default=None)

    features = []
    for ping, engagement in zip(catalogue, engagements, strict=True):
        popularity = 0.0 if are_equal else (engagement - lowest) / (highest - lowest)
        age_days = parameters.missing_created_at_age_days
        if ping.created_at is not None:
            age_days = (newest - ping.created_at) // ONE_DAY  # whole elapsed days
        features.append(PingFeatures(ping, engagement, popularity, age_days, 1 / (1 + age_days)))
    return features


def recommendations(
    user_ids: Iterable[str],
    events: list[Event],
    features: list[PingFeatures],
    category_affinity: list[dict],
    creator_affinity: list[dict],
    users: list[User],
    parameters: Parameters,
) -> list[Recommendation]:
    """Every user against every ping of the catalogue: nothing is pruned."""
    known = {user.user_id: user for user in users}
    popularity = np.array([feature.popularity for feature in features], dtype=float)
    freshness = np.array([feature.freshness for feature in features], dtype=float)
    popularity_part = parameters.weight_popularity * popularity
    freshness_part = parameters.weight_freshness * freshness
    # Rounding takes out the noise of sums, which would otherwise decide between equal scores.
    base = np.floor((popularity_part + freshness_part) * 1e12 + 0.5) / 1e12

    position = {feature.ping.ping_id: place for place, feature in enumerate(features)}
    seen: dict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.ping_id in position:
            seen[event.user_id].add(position[event.ping_id])

    of_category = places_of(features, "category")
    of_creator = places_of(features, "creator_id")
    category_shares = defaultdict(list)
    for row in category_affinity:
        category_shares[row["user_id"]].append((row["category"], row["affinity"]))
    creator_shares = defaultdict(list)
    for row in creator_affinity:
        creator_shares[row["user_id"]].append((row["creator_id"], row["affinity"]))

    recommended = []
    for user_id in sorted(user_ids):
        category_affinities = np.zeros(len(features))
        for category, share in category_shares[user_id]:
            category_affinities[of_category[category]] = share
        creator_affinities = np.zeros(len(features))
        for creator_id, share in creator_shares[user_id]:
            creator_affinities[of_creator[creator_id]] = share
        category_part = parameters.weight_category * category_affinities
        creator_part = parameters.weight_creator * creator_affinities
        score = (base + category_part) + creator_part

        # Features come in the order of ping ids, and the sort is stable: ties go by ping_id.
        best_first = np.argsort(-score, kind="stable")
        listed = [
            place
            for place in best_first.tolist()
            if place not in seen[user_id]
            and not is_blocked(known.get(user_id), features[place].ping)
        ]
        for rank, place in enumerate(listed[: parameters.top_k], start=1):
            feature = features[place]
            recommended.append(
                Recommendation(
                    user_id=user_id,
                    rank=rank,
                    ping=feature.ping,
                    score=float(score[place]),
                    popularity_part=float(popularity_part[place]),
                    category_part=float(category_part[place]),
                    creator_part=float(creator_part[place]),
                    freshness_part=float(freshness_part[place]),
                    reason=reason_for(
                        feature,
                        category_affinities[place] > 0,
                        creator_affinities[place] > 0,
                        parameters,
                    ),
                )
            )
    return recommended


def is_blocked(user: User | None, ping: Ping) -> bool:
    """Whether the ping is for other regions, or of a creator or category on the blocklist."""
    regions = (ping.region_restriction or "").lower().split("|")
    if ping.region_restriction is not None and (
        user is None or user.region is None or user.region.lower() not in regions
    ):
        return True
    blocklist = user.blocklist if user is not None else None
    entries = blocklist.lower().split("|") if blocklist else []
    return any(
        name is not None and name.lower() in entries for name in (ping.creator_id, ping.category)
    )


def places_of(features: list[PingFeatures], attribute: str) -> dict[str, list[int]]:
    """Where the pings of each category, or of each creator, stand in the list of features."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, feature in enumerate(features):
        value = getattr(feature.ping, attribute)
        if value is not None:
            places[value].append(place)
    return places


def reason_for(
    feature: PingFeatures, likes_category: bool, knows_creator: bool, parameters: Parameters
) -> str:
    parts = []
    if likes_category:
        parts.append(f"prefers cat={feature.ping.category}")
    if knows_creator:
        parts.append("engaged this creator")
    if round(feature.popularity, 9) > parameters.popular_above:
        parts.append("globally popular")
    is_dated = feature.ping.created_at is not None
    if is_dated and round(feature.freshness, 9) > parameters.recent_above:
        parts.append("recent")
    return "; ".join(parts) or "popular/new"


def recommendation_rows(recommended: list[Recommendation]) -> list[dict]:
    return [
        {
            "user_id": slot.user_id,
            "rank": slot.rank,
            "ping_id": slot.ping.ping_id,
            "score": slot.score,
            "popularity_part": slot.popularity_part,
            "category_part": slot.category_part,
            "creator_part": slot.creator_part,
            "freshness_part": slot.freshness_part,
            "declared_part": 0.0,  # no raw table here declares an interest
            "category": slot.ping.category,
            "main_hashtag": slot.ping.main_hashtag,
            "creator_id": slot.ping.creator_id,
            "strategy": "heuristic",
            "rerank_part": 0.0,
            "propensity": 1.0,
            "reason": slot.reason,
        }
        for slot in recommended
    ]


# --- health ----------------------------------------------------------------------------------


def exposures(events: list[Event], parameters: Parameters) -> list[Exposure]:
    """Every impression with the first engagement of its pair at or after it."""
    engaged_at: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    viewed_at: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.at):
        pair = (event.user_id, event.ping_id)
        if event.event_type in parameters.engaged_types:
            engaged_at[pair].append(event.at)
        if event.ratio is not None:
            viewed_at[pair].append(event.at)

    def first_from(moments: list[datetime], start: datetime) -> datetime | None:
        place = bisect_left(moments, start)
        return moments[place] if place < len(moments) else None

    found = []
    for event in events:
        if event.event_type != "impression":
            continue
        pair = (event.user_id, event.ping_id)
        engaged = first_from(engaged_at.get(pair, []), event.at)
        viewed = first_from(viewed_at.get(pair, []), event.at)
        found.append(
            Exposure(
                event,
                (engaged - event.at).total_seconds() if engaged is not None else None,
                viewed is not None and viewed - event.at <= ONE_DAY,
            )
        )
    return found


def quality_metrics(
    events: list[Event], shown: list[Exposure], parameters: Parameters
) -> dict[str, float | None]:
    """The metrics that a window and a day share, of events and impressions already selected."""
    views = [event for event in events if event.ratio is not None]
    through = sum(reaches(event.ratio, parameters.watched_through_ratio) for event in views)
    engagements = sum(event.event_type in parameters.engaged_types for event in events)
    waits = [
        exposure.seconds_to_engagement
        for exposure in shown
        if exposure.seconds_to_engagement is not None
    ]
    without_view = sum(not exposure.viewed_within_24h for exposure in shown)
    return {
        "views": len(views),
        "watched_through_views": through,
        "watch_through_rate": divided(through, len(views)),
        "impressions": len(shown),
        "engagements": engagements,
        "engagement_per_impression": divided(engagements, len(shown)),
        "engaged_impressions": len(waits),
        "median_seconds_to_first_engagement": interpolated(waits, 0.5),
        "impressions_without_view_24h": without_view,
        "no_view_24h_rate": divided(without_view, len(shown)),
    }


def segments(users: list[User], new_users: set[str]) -> dict[str, Callable[[str], bool]]:
    """Who belongs to a segment. Users that only the log knows are in `all` alone."""
    known = {user.user_id for user in users}
    return {
        "all": lambda user_id: True,
        "new": lambda user_id: user_id in new_users,
        "existing": lambda user_id: user_id in known and user_id not in new_users,
    }


def recommender_health(
    users: list[User],
    new_users: set[str],
    pings: Mapping[str, Ping],
    events: list[Event],
    recommended: list[Recommendation],
    parameters: Parameters,
) -> list[dict]:
    newest = max((event.at for event in events), default=None)
    shown = exposures(events, parameters)
    rows = []
    for segment, belongs in segments(users, new_users).items():
        covered = {slot.ping.ping_id for slot in recommended if belongs(slot.user_id)}
        for name, days in (("all", None), ("28d", 28), ("7d", 7), ("1d", 1)):
            start = datetime.min
            if days is not None and newest is not None:
                start = shifted(newest, -days)
            metrics = quality_metrics(
                [event for event in events if belongs(event.user_id) and event.at >= start],
                [
                    exposure
                    for exposure in shown
                    if belongs(exposure.impression.user_id) and exposure.impression.at >= start
                ],
                parameters,
            )
            rows.append(
                {
                    "segment": segment,
                    "time_window": name,
                    **metrics,
                    "recommended_pings": len(covered),
                    "catalogue_pings": len(pings),
                    "item_coverage": divided(len(covered), len(pings)),
                    "is_complete": days is None
                    or (newest is not None and min(event.at for event in events) <= start),
                    "hitrate_at_10": None,  # filled by an evaluation, and none has run here
                    "hitrate_as_of": None,
                    "hitrate_strategy": "heuristic" if recommended else None,
                }
            )
    return rows


def recommender_health_previous(
    users: list[User], new_users: set[str], events: list[Event], parameters: Parameters
) -> list[dict]:
    moments = [event.at for event in events]
    shown = exposures(events, parameters)
    rows = []
    for segment, belongs in segments(users, new_users).items():
        for days in (28, 7, 1):
            start = end = None
            before: list[Event] = []
            shown_before: list[Exposure] = []
            if moments:
                start, end = (shifted(max(moments), -n * days) for n in (2, 1))
                before = [
                    event for event in events if belongs(event.user_id) and start <= event.at < end
                ]
                shown_before = [
                    exposure
                    for exposure in shown
                    if belongs(exposure.impression.user_id)
                    and start <= exposure.impression.at < end
                ]
            rows.append(
                {
                    "segment": segment,
                    "time_window": f"{days}d",
                    "window_start": start,
                    "window_end": end,
                    "is_complete": bool(moments) and min(moments) <= start,
                    **quality_metrics(before, shown_before, parameters),
                }
            )
    return rows


def first_engagement_delays(
    users: list[User], new_users: set[str], events: list[Event], parameters: Parameters
) -> list[dict]:
    ends = [0, 1, 2, 5, 10, 30, 60, 5 * 60, 3600, DAY_SECONDS]
    shown = exposures(events, parameters)
    rows = []
    for segment, belongs in segments(users, new_users).items():
        waits = [
            exposure.seconds_to_engagement
            for exposure in shown
            if belongs(exposure.impression.user_id)
        ]
        engaged = [wait for wait in waits if wait is not None]
        for number in range(1, 13):
            up_to = ends[number - 1] if number <= 10 else None
            over = ends[number - 2] if 1 < number <= 11 else None
            if number == 12:
                inside, by_then = len(waits) - len(engaged), None
            else:
                by_then = sum(up_to is None or wait <= up_to for wait in engaged)
                inside = by_then - sum(over is not None and wait <= over for wait in engaged)
            rows.append(
                {
                    "segment": segment,
                    "delay_group": number,
                    "over_seconds": over,
                    "up_to_seconds": up_to,
                    "impressions_in_group": inside,
                    "impressions_engaged_by_then": by_then,
                    "impressions": len(waits),
                    "engaged_by_then_rate": (
                        None if by_then is None else divided(by_then, len(waits))
                    ),
                }
            )
    return rows


def impressions_by_ping_age(
    users: list[User],
    new_users: set[str],
    pings: Mapping[str, Ping],
    events: list[Event],
    parameters: Parameters,
) -> list[dict]:
    spans = [(0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 28), (29, None), (None, None)]
    shown = exposures(events, parameters)

    def span_of(exposure: Exposure) -> tuple[int | None, int | None]:
        ping = pings.get(exposure.impression.ping_id)
        if ping is None or ping.created_at is None or exposure.impression.at < ping.created_at:
            return None, None
        age = (exposure.impression.at - ping.created_at).days
        return next(
            (first, last)
            for first, last in spans
            if first is not None and age >= first and (last is None or age <= last)
        )

    rows = []
    for segment, belongs in segments(users, new_users).items():
        of_segment = [exposure for exposure in shown if belongs(exposure.impression.user_id)]
        for number, span in enumerate(spans, start=1):
            inside = [exposure for exposure in of_segment if span_of(exposure) == span]
            without_view = sum(not exposure.viewed_within_24h for exposure in inside)
            rows.append(
                {
                    "segment": segment,
                    "age_group": number,
                    "from_days": span[0],
                    "to_days": span[1],
                    "impressions": len(inside),
                    "impressions_without_view_24h": without_view,
                    "no_view_24h_rate": divided(without_view, len(inside)),
                }
            )
    return rows


def recommender_health_daily(
    users: list[User], new_users: set[str], events: list[Event], parameters: Parameters
) -> list[dict]:
    if not events:
        return []
    whole_day = newest_whole_day(events)
    shown = exposures(events, parameters)
    by_day = grouped(events, lambda event: event.at.date())
    shown_by_day: dict[date, list[Exposure]] = defaultdict(list)
    for exposure in shown:
        shown_by_day[exposure.impression.at.date()].append(exposure)

    rows = []
    for day in sorted(by_day):
        for segment, belongs in segments(users, new_users).items():
            of_day = [event for event in by_day[day] if belongs(event.user_id)]
            if not of_day:
                continue
            shown_then = [
                exposure for exposure in shown_by_day[day] if belongs(exposure.impression.user_id)
            ]
            types = Counter(event.event_type for event in of_day)
            rows.append(
                {
                    "date": day,
                    "segment": segment,
                    "n_events": len(of_day),
                    "active_users": len({event.user_id for event in of_day}),
                    "likes": types["like"],
                    "comments": types["comment"],
                    "shares": types["share"],
                    "follows": types["follow_creator"],
                    "clicks": types["click"],
                    "hides": types["hide"],
                    **(quality := quality_metrics(of_day, shown_then, parameters)),
                    **interval_of(
                        "watch_through_rate", quality["watched_through_views"], quality["views"]
                    ),
                    **interval_of(
                        "no_view_24h_rate",
                        quality["impressions_without_view_24h"],
                        quality["impressions"],
                    ),
                    "is_few_views": quality["views"] < parameters.few_below,
                    "is_few_impressions": quality["impressions"] < parameters.few_below,
                    # Until the next day is over, an impression may still get its view.
                    "is_provisional": day.toordinal() >= whole_day,
                }
            )
    return rows


def recommendation_coverage(
    pings: Mapping[str, Ping],
    features: list[PingFeatures],
    recommended: list[Recommendation],
    parameters: Parameters,
) -> list[dict]:
    slots = Counter(slot.ping.ping_id for slot in recommended)
    slot_count = len(recommended)
    creators = {ping.creator_id for ping in pings.values() if ping.creator_id is not None}
    covered_creators = {
        slot.ping.creator_id for slot in recommended if slot.ping.creator_id is not None
    }

    newest = max((ping.created_at for ping in pings.values() if ping.created_at), default=None)
    new_pings: set[str] = set()
    if newest is not None:
        since = shifted(newest, -parameters.new_item_days)
        new_pings = {
            ping.ping_id for ping in pings.values() if ping.created_at and ping.created_at >= since
        }

    most_engaged_first = sorted(
        features, key=lambda feature: (-settled(feature.global_engagement), feature.ping.ping_id)
    )
    head_size = (len(features) + 4) // 5  # a fifth, rounded up, without the noise of 0.2
    tail = {feature.ping.ping_id for feature in most_engaged_first[head_size:]}

    new_slots = sum(slots[ping_id] for ping_id in new_pings)
    tail_slots = sum(slots[ping_id] for ping_id in tail)
    return [
        {
            "catalogue_pings": len(pings),
            "recommended_pings": len(slots),
            "item_coverage": divided(len(slots), len(pings)),
            "catalogue_creators": len(creators),
            "recommended_creators": len(covered_creators),
            "creator_coverage": divided(len(covered_creators), len(creators)),
            "gini_exposure": gini([slots[ping_id] for ping_id in pings]),
            "recommended_slots": slot_count,
            "new_item_slots": new_slots,
            "new_item_share": divided(new_slots, slot_count),
            "tail_slots": tail_slots,
            "tail_share": divided(tail_slots, slot_count),
        }
    ]


def exposure_curve(pings: Mapping[str, Ping], recommended: list[Recommendation]) -> list[dict]:
    slots = Counter(slot.ping.ping_id for slot in recommended)
    ascending = sorted(slots[ping_id] for ping_id in pings)
    rows = []
    for percent in range(101):
        size = percent * len(pings) // 100
        rows.append(
            {
                "percent_of_pings": percent,
                "pings_so_far": size,
                "catalogue_pings": len(pings),
                "share_of_pings": divided(size, len(pings)),
                "slots_so_far": sum(ascending[:size]),
                "recommended_slots": len(recommended),
                "share_of_slots": divided(sum(ascending[:size]), len(recommended)),
            }
        )
    return rows


def gini(counts: list[int]) -> float | None:
    """The Gini coefficient: the mean difference of all ordered pairs over twice the mean."""
    total = sum(counts)
    if not total:
        return None
    size = len(counts)
    weighted = sum(
        (2 * place - size - 1) * count for place, count in enumerate(sorted(counts), start=1)
    )
    return weighted / (size * total)


# --- activity --------------------------------------------------------------------------------


def user_sessions(events: list[Event], parameters: Parameters) -> list[dict]:
    gap = timedelta(minutes=parameters.session_gap_minutes)
    rows = []
    for user_id, of_user in sorted(grouped(events, lambda event: event.user_id).items()):
        sessions: list[list[Event]] = []
        for event in sorted(of_user, key=lambda event: event.at):
            if sessions and event.at - sessions[-1][-1].at <= gap:
                sessions[-1].append(event)
            else:
                sessions.append([event])
        for number, session in enumerate(sessions, start=1):
            started_at, ended_at = session[0].at, session[-1].at
            rows.append(
                {
                    "user_id": user_id,
                    "session_number": number,
                    "started_at": started_at,
                    "ended_at": ended_at,
                    "duration_sec": (ended_at - started_at).total_seconds(),
                    "n_events": len(session),
                    "n_pings": len({event.ping_id for event in session}),
                }
            )
    return rows


def newest_whole_day(events: list[Event]) -> int:
    """The newest day that is over, as its ordinal, of a log in one file: the newest one of more
    than a few events, if it has one of 23:00 or later, or the day before.
    """
    sizes = Counter(event.at.date() for event in events)
    usual = sorted(sizes.values(), reverse=True)[2 if len(sizes) > 2 else 0]
    newest = max(
        day
        for day, size in sizes.items()
        if size > 0.01 * usual and not (size == 1 and usual >= 20)
    )
    is_over = any(event.at.date() == newest and event.at.hour >= 23 for event in events)
    return newest.toordinal() - (0 if is_over else 1)


def retention_daily(events: list[Event], parameters: Parameters) -> list[dict]:
    if not events:
        return []
    active: dict[date, set[str]] = defaultdict(set)
    first_day: dict[str, date] = {}
    for event in events:
        day = event.at.date()
        active[day].add(event.user_id)
        first_day[event.user_id] = min(day, first_day.get(event.user_id, day))
    whole_day = newest_whole_day(events)
    newcomers: dict[date, set[str]] = defaultdict(set)
    for user_id, day in first_day.items():
        newcomers[day].add(user_id)

    def returned(day: date, days: int) -> tuple[int | None, float | None]:
        # Counted in ordinals, so that no date beyond the calendar is ever built.
        if day.toordinal() + days > whole_day:
            return None, None  # that day is not over yet, or not in the log
        back = newcomers[day] & active.get(day + timedelta(days=days), set())
        return len(back), divided(len(back), len(newcomers[day]))

    def active_within(day: date, days: int) -> int:
        found: set[str] = set()
        for other in active:
            if 0 <= (day - other).days < days:
                found |= active[other]
        return len(found)

    rows = []
    for day in sorted(active):
        d1_users, d1_retention = returned(day, 1)
        d7_users, d7_retention = returned(day, 7)
        rows.append(
            {
                "date": day,
                "active_users": len(active[day]),
                "new_users": len(newcomers[day]),
                "d1_users": d1_users,
                "d1_retention": d1_retention,
                **interval_of("d1_retention", d1_users, len(newcomers[day])),
                "d7_users": d7_users,
                "d7_retention": d7_retention,
                **interval_of("d7_retention", d7_users, len(newcomers[day])),
                "wau": active_within(day, 7),
                "mau": active_within(day, 28),
                "is_few_new_users": len(newcomers[day]) < parameters.few_below,
                "is_wau_complete": (day - min(active)).days >= 6,
                "is_mau_complete": (day - min(active)).days >= 27,
                "is_provisional": day.toordinal() > whole_day,
            }
        )
    return rows


def creator_health(
    pings: Mapping[str, Ping],
    events: list[Event],
    recommended: list[Recommendation],
    parameters: Parameters,
) -> list[dict]:
    owned = Counter(ping.creator_id for ping in pings.values() if ping.creator_id is not None)
    types: dict[str, Counter[str]] = defaultdict(Counter)
    through: Counter[str] = Counter()
    views: Counter[str] = Counter()
    for event in events:
        ping = pings.get(event.ping_id)
        if ping is None or ping.creator_id is None:
            continue
        types[ping.creator_id][event.event_type] += 1
        views[ping.creator_id] += event.ratio is not None
        if event.ratio is not None and reaches(event.ratio, parameters.watched_through_ratio):
            through[ping.creator_id] += 1
    slots = Counter(slot.ping.creator_id for slot in recommended)
    return [
        {
            "creator_id": creator_id,
            "pings": owned[creator_id],
            "impressions": types[creator_id]["impression"],
            "views": views[creator_id],
            "watched_through_views": through[creator_id],
            "watch_through_rate": divided(through[creator_id], views[creator_id]),
            "follows": types[creator_id]["follow_creator"],
            "shares": types[creator_id]["share"],
            "recommended_slots": slots[creator_id],
            "exposure_share": divided(slots[creator_id], len(recommended)),
        }
        for creator_id in sorted(owned)
    ]


# --- tables ----------------------------------------------------------------------------------


def as_frame(mart: str, rows: list[dict]) -> pd.DataFrame:
    """Rows as a table with exactly the mart's columns, in their order and of their kinds."""
    columns = MART_COLUMNS[mart]
    for row in rows:
        if row.keys() != columns.keys():
            raise ValueError(f"{mart}: columns differ: {sorted(row.keys() ^ columns.keys())}")
    return pd.DataFrame(
        {name: as_series([row[name] for row in rows], kind) for name, kind in columns.items()}
    )


def as_series(values: list, kind: str) -> pd.Series:
    if kind == "text":
        return pd.Series(values, dtype="str")
    if kind == "number":
        return pd.Series([math.nan if v is None else float(v) for v in values], dtype="float64")
    if kind == "count":
        return pd.Series(values, dtype="int64")
    if kind == "count?":
        return pd.Series(values, dtype="Int64")
    if kind == "flag":
        return pd.Series(values, dtype="bool")
    if kind == "date":
        values = [None if v is None else datetime.combine(v, time()) for v in values]
    return pd.Series(values, dtype="datetime64[us]")


def intake_rows(intake: Intake) -> tuple[list[dict], list[dict], list[dict]]:
    """Rows of rejected_rows, intake_summary and intake_nulled_values."""
    rejected, summary = [], []
    ordered = sorted(
        intake.outcomes.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or "")
    )
    for (table, outcome, reason), count in ordered:
        summary.append(
            {
                "source_table": table,
                "outcome": outcome,
                "reject_reason": reason,
                "row_count": count,
            }
        )
        if outcome == "rejected":
            rejected.extend([{"source_table": table, "reject_reason": reason}] * count)
    nulled = [
        {"source_table": table, "column_name": column, "row_count": count}
        for (table, column), count in sorted(intake.nulled.items())
    ]
    return rejected, summary, nulled


def reference_marts(
    users: pd.DataFrame,
    pings: pd.DataFrame,
    interactions: pd.DataFrame,
    parameters: Parameters | None = None,
) -> dict[str, pd.DataFrame]:
    """Every mart, from the three raw tables as text with canonical column names."""
    parameters = parameters if parameters is not None else Parameters()
    as_of = as_moment(parameters.as_of)
    intake = Intake()
    user_list = take_in_users(users, as_of, intake)
    catalogue = take_in_pings(pings, as_of, intake, parameters)
    raw_events = take_in_events(interactions, as_of, intake, parameters)
    events = scored_events(raw_events, catalogue, parameters)
    new_users = new_user_ids(user_list, parameters)

    global_scores = ping_global_scores(events)
    category_affinity = affinity_rows(events, catalogue, "category", parameters)
    creator_affinity = affinity_rows(events, catalogue, "creator_id", parameters)
    features = ping_features(catalogue, global_scores, parameters)
    everyone = {user.user_id for user in user_list} | {event.user_id for event in events}
    recommended = recommendations(
        everyone, events, features, category_affinity, creator_affinity, user_list, parameters
    )
    rejected, summary, nulled = intake_rows(intake)

    rows: dict[str, list[dict]] = {
        "users": [
            {
                "user_id": user.user_id,
                "country": user.country,
                "signup_date": user.signup_date,
                "age": user.age,
                "is_new": user.user_id in new_users,
                "region": user.region,
                "blocklist": user.blocklist,
            }
            for user in sorted(user_list, key=lambda user: user.user_id)
        ],
        "pings": [
            {name: getattr(catalogue[ping_id], name) for name in MART_COLUMNS["pings"]}
            for ping_id in sorted(catalogue)
        ],
        "interactions": [
            {
                "event_id": event.event_id,
                "user_id": event.user_id,
                "ping_id": event.ping_id,
                "event_type": event.event_type,
                "event_timestamp": event.at,
                "watch_time_sec": event.watch_time_sec,
                "duration_sec": event.duration_sec,
                "watch_time_ratio": event.ratio,
                "event_score": event.score,
            }
            for event in events
        ],
        "rejected_rows": rejected,
        "intake_summary": summary,
        "intake_nulled_values": nulled,
        "user_ping_engagement": user_ping_engagement(events),
        "ping_global_scores": global_scores,
        "top_pings": top_pings(global_scores, catalogue, parameters),
        "watch_time_ratio_stats": watch_time_ratio_stats(events),
        "watch_time_ratio_histogram": watch_time_ratio_histogram(events),
        "watch_through_curve": watch_through_curve(user_list, new_users, events),
        "cohort_metrics": cohort_metrics(user_list, new_users, events, parameters),
        "user_category_affinity": category_affinity,
        "user_creator_affinity": creator_affinity,
        "ping_features": [
            {
                "ping_id": feature.ping.ping_id,
                "global_engagement": feature.global_engagement,
                "popularity": feature.popularity,
                "age_days": feature.age_days,
                "freshness": feature.freshness,
            }
            for feature in features
        ],
        "recommendations": recommendation_rows(recommended),
        "recommender_health": recommender_health(
            user_list, new_users, catalogue, events, recommended, parameters
        ),
        "recommender_health_previous": recommender_health_previous(
            user_list, new_users, events, parameters
        ),
        "first_engagement_delays": first_engagement_delays(
            user_list, new_users, events, parameters
        ),
        "impressions_by_ping_age": impressions_by_ping_age(
            user_list, new_users, catalogue, events, parameters
        ),
        "exposure_curve": exposure_curve(catalogue, recommended),
        "recommender_health_daily": recommender_health_daily(
            user_list, new_users, events, parameters
        ),
        "recommendation_coverage": recommendation_coverage(
            catalogue, features, recommended, parameters
        ),
        "user_sessions": user_sessions(events, parameters),
        "retention_daily": retention_daily(events, parameters),
        "creator_health": creator_health(catalogue, events, recommended, parameters),
    }
    return {mart: as_frame(mart, rows[mart]) for mart in MART_COLUMNS}
