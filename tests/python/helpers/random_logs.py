"""Logs to test with: random and dirty ones, ones full of ties, and the golden one.

Every log is three tables of text, as they would stand in a file: users, pings, interactions.
A missing value is None or an empty text. The same seed always gives the same log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]

SEEDS = Path(__file__).resolve().parents[3] / "seeds"

USER_COLUMNS = ["user_id", "country", "signup_date", "age"]
PING_COLUMNS = ["ping_id", "creator_id", "main_hashtag", "category", "duration_sec", "created_at"]
EVENT_COLUMNS = ["event_id", "user_id", "ping_id", "event_type", "watch_time_sec"]
EVENT_COLUMNS += ["event_timestamp"]

CATEGORIES = [
    *("dance", "music", "beauty", "Dance", "food, drink", "kids' stuff", 'rock "n" roll'),
    *("news; politics", "café", "日本", "straße", "100%", "a=b", "comédie|drame"),
]
HASHTAGS = [
    *("football", "makeup", "#été", "日本語", "groß", "d'oh", 'say "hi"', "one, two", "x;y"),
    *("back\\slash", "null", "0"),
]
COUNTRIES = ["NG", "ZA", "US", "Côte d'Ivoire", "日本", 'Korea, "South"', "NA"]

UNPARSEABLE_TIMES = [
    *("not a time", "2024-13-05 10:00:00", "2024-02-30 10:00:00", "31/12/2023", "yesterday"),
    *("2024-02-10 25:61:00", "infinity", "-infinity", "epoch", "now", "-"),
]
UNPARSEABLE_NUMBERS = ["abc", "12s", "1,5", "--3", "1.2.3", "ten"]
NOT_FINITE = ["inf", "-inf", "nan", "NaN", "Infinity"]

FIRST_DAY = datetime(2024, 1, 29)
DAYS = 36
EMPTY_DAYS = {3, 4, 11, 18, 19, 20, 29}  # the third gap hides the return after a day and a week


def spelled(rng: np.random.Generator, moment: datetime) -> str:
    """One of the ways to write a UTC moment that a log may use."""
    fraction = ""
    if moment.microsecond:
        fraction = f".{moment.microsecond:06d}"
        fraction = fraction.rstrip("0") if rng.random() < 0.5 else fraction
    style = str(one_of(rng, ["plain"] * 5 + ["T", "Z", "ahead", "behind", "half"]))
    shift = {"ahead": (120, "+02:00"), "behind": (-300, "-05:00"), "half": (330, "+05:30")}
    if style in shift:
        minutes, zone = shift[style]
        local = moment + timedelta(minutes=minutes)
        joint = "T" if rng.random() < 0.7 else " "
        return f"{local:%Y-%m-%d}{joint}{local:%H:%M:%S}{fraction}{zone}"
    joint = " " if style == "plain" else "T"
    return f"{moment:%Y-%m-%d}{joint}{moment:%H:%M:%S}{fraction}{'Z' if style == 'Z' else ''}"


def chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def one_of(rng: np.random.Generator, values: list) -> object:
    return values[int(rng.integers(len(values)))]


def heavy_tailed(rng: np.random.Generator, size: int, exponent: float) -> np.ndarray:
    """Probabilities of which a few take most, in random order."""
    weights = 1.0 / np.arange(1, size + 1) ** exponent
    rng.shuffle(weights)
    return weights / weights.sum()


def missing(rng: np.random.Generator) -> str | None:
    return one_of(rng, [None, "", "  "])


def random_users(rng: np.random.Generator, n_users: int) -> list[dict]:
    last_signup = datetime(2024, 3, 1)
    rows = []
    for number in range(n_users):
        user_id = f"u{number}"
        if number % 17 == 8:
            user_id = ["7", "007", "ué", "u日本", "U8", "NULL"][(number // 17) % 6] + (
                "" if number < 17 * 6 else str(number)
            )
        if number == 0:
            days_ago = 0.0
        elif number in (1, 2):
            days_ago = 7.0 + (number - 1)  # the last day that is new, and the day before it
        else:
            days_ago = float(rng.exponential(25))
        signed_up = last_signup - timedelta(days=int(days_ago), seconds=int(rng.integers(86_400)))
        if number < 3:
            signup = f"{last_signup - timedelta(days=days_ago):%Y-%m-%d}"
        elif chance(rng, 0.08):
            signup = missing(rng)
        elif chance(rng, 0.06):
            signup = one_of(rng, UNPARSEABLE_TIMES)
        elif chance(rng, 0.5):
            signup = f"{signed_up:%Y-%m-%d}"
        else:
            signup = spelled(rng, signed_up)
        age: str | None = str(int(rng.integers(13, 80)))
        if chance(rng, 0.08):
            age = missing(rng)
        elif chance(rng, 0.06):
            age = one_of(rng, ["unknown", "NaN", "inf", "twenty", "3x"])
        rows.append(
            {
                "user_id": user_id,
                "country": missing(rng) if chance(rng, 0.1) else one_of(rng, COUNTRIES),
                "signup_date": signup,
                "age": age,
            }
        )
    return with_repeats_and_null_ids(rng, rows, "user_id")


def random_pings(rng: np.random.Generator, n_pings: int, creators: list[str]) -> list[dict]:
    newest = datetime(2024, 3, 2, 13, 20, 5)
    category_weights = heavy_tailed(rng, len(CATEGORIES), 1.0)
    creator_weights = heavy_tailed(rng, len(creators), 0.8)
    rows = []
    for number in range(n_pings):
        ping_id = f"p{number}"
        if number % 19 == 9:
            ping_id = ["12", "012", "pß", "p日", "P9", "p 9", "p'9"][(number // 19) % 7] + (
                "" if number < 19 * 7 else str(number)
            )
        days_ago = int(rng.exponential(20))
        created = newest - timedelta(days=days_ago)
        if chance(rng, 0.8):  # the others are exactly whole days old
            created -= timedelta(seconds=int(rng.integers(1, 86_400)))
        if chance(rng, 0.2):
            created -= timedelta(microseconds=int(rng.integers(1, 1_000_000)))
        if chance(rng, 0.08):
            created_at = missing(rng)
        elif chance(rng, 0.06):
            created_at = one_of(rng, UNPARSEABLE_TIMES)
        elif chance(rng, 0.05):
            created_at = f"{created:%Y-%m-%d}"
        else:
            created_at = spelled(rng, created)
        duration: str | None = str(int(rng.integers(5, 91)))
        if chance(rng, 0.1):
            duration = f"{rng.uniform(3, 60):.1f}"
        if chance(rng, 0.2):
            bad = ["0", "0.0", "-12", "-0.5", *UNPARSEABLE_NUMBERS, *NOT_FINITE]
            duration = missing(rng) if chance(rng, 0.4) else one_of(rng, bad)
        category = CATEGORIES[int(rng.choice(len(CATEGORIES), p=category_weights))]
        creator = creators[int(rng.choice(len(creators), p=creator_weights))]
        rows.append(
            {
                "ping_id": ping_id,
                "creator_id": missing(rng) if chance(rng, 0.08) else padded(rng, creator),
                "main_hashtag": missing(rng) if chance(rng, 0.1) else one_of(rng, HASHTAGS),
                "category": missing(rng) if chance(rng, 0.1) else category,
                "duration_sec": duration,
                "created_at": created_at,
            }
        )
    return with_repeats_and_null_ids(rng, rows, "ping_id")


def padded(rng: np.random.Generator, text: str) -> str:
    """Ids and event types count without the blanks around them."""
    return f" {text}  " if chance(rng, 0.02) else text


def with_repeats_and_null_ids(
    rng: np.random.Generator, rows: list[dict], id_column: str
) -> list[dict]:
    """Some ids again, further down and with the contents of other rows; some rows without id."""
    result = [{**row, id_column: padded(rng, row[id_column])} for row in rows]
    for _ in range(max(1, len(rows) // 12)):
        first = int(rng.integers(len(rows)))
        other = rows[int(rng.integers(len(rows)))]
        again = {**other, id_column: rows[first][id_column]}
        place = int(rng.integers(first + 1, len(rows) + 1))
        # Never before the first of that id: rows only ever move down.
        later = max(i for i, row in enumerate(result) if row[id_column].strip() == again[id_column])
        result.insert(max(place, later + 1), again)
    for _ in range(max(1, len(rows) // 30)):
        other = rows[int(rng.integers(len(rows)))]
        result.append({**other, id_column: None})
    for row in result[-max(1, len(rows) // 30) :]:
        row[id_column] = missing(rng)
    return result


def duration_of(ping: dict) -> float:
    """A usable length for drawing watch times; not the rule for durations that are not known."""
    try:
        value = float(ping["duration_sec"])
    except (TypeError, ValueError):
        return 30.0
    return value if np.isfinite(value) and value > 0 else 30.0


def random_events(
    rng: np.random.Generator, users: list[str], pings: list[dict], n_events: int
) -> list[dict]:
    """Sessions of exposures, clean; `at` is the moment itself."""
    user_weights = heavy_tailed(rng, len(users), 0.9)
    ping_weights = heavy_tailed(rng, len(pings), 1.0)
    days = [day for day in range(DAYS) if day not in EMPTY_DAYS]
    events: list[dict] = []

    def add(user: str, ping: str, kind: str, at: datetime, watch: str | None = None) -> None:
        events.append(
            {
                "user_id": user,
                "ping_id": ping,
                "event_type": kind,
                "watch_time_sec": watch,
                "at": at,
            }
        )

    while len(events) < n_events:
        user = users[int(rng.choice(len(users), p=user_weights))]
        day = one_of(rng, days)
        at = FIRST_DAY + timedelta(days=day, seconds=int(rng.integers(0, 80_000)))
        for _ in range(int(rng.integers(1, 9))):
            ping = pings[int(rng.choice(len(pings), p=ping_weights))]
            ping_id, duration = ping["ping_id"], duration_of(ping)
            if chance(rng, 0.9):
                add(user, ping_id, "impression", at)
            # Events of one exposure often carry one timestamp.
            step = 0 if chance(rng, 0.4) else 1
            moment = at
            if chance(rng, 0.65):
                moment += step * timedelta(seconds=int(rng.integers(1, 6)))
                if chance(rng, 0.15):
                    moment += step * timedelta(microseconds=int(rng.integers(1, 1_000_000)))
                ratio = float(rng.lognormal(-0.8, 0.8))
                if chance(rng, 0.2):
                    ratio = one_of(rng, [0.0, 0.25, 0.5, 0.8, 1.0, 2.0, 2.5])
                watch: str | None = f"{duration * ratio:.6g}"
                if chance(rng, 0.05):
                    watch = missing(rng)
                add(user, ping_id, "view", moment, watch)
            for kind, probability in (
                *(("click", 0.12), ("like", 0.12), ("comment", 0.06), ("share", 0.05)),
                *(("follow_creator", 0.04), ("hide", 0.03)),
            ):
                if chance(rng, probability):
                    moment += step * timedelta(seconds=int(rng.integers(1, 40)))
                    add(user, ping_id, kind, moment)
            if chance(rng, 0.08):  # shown again, later on, and perhaps seen only then
                again = at + timedelta(hours=float(rng.uniform(0, 60)))
                add(user, ping_id, "impression", again)
                if chance(rng, 0.4):
                    wait = one_of(rng, [0, 3, 86_400, 86_401, 90_000])
                    seen = again + timedelta(seconds=wait)
                    add(user, ping_id, "view", seen, f"{duration / 2:.6g}")
            # Thirty minutes to the second do not end a session; a second more does.
            pause = one_of(rng, [int(rng.integers(5, 90))] * 8 + [1_799, 1_800, 1_801, 4_000])
            at += timedelta(seconds=pause)

    events = events[:n_events]
    # On the edges of the windows that reach back from the newest event.
    newest = max(event["at"] for event in events)
    for days_back, user, ping in zip((1, 7, 28), users, pings, strict=False):
        edge = newest - timedelta(days=days_back)
        add(user, ping["ping_id"], "impression", edge)
        add(user, ping["ping_id"], "like", edge - timedelta(microseconds=1))
    return events


def random_log(
    seed: int,
    n_users: int = 60,
    n_pings: int = 80,
    n_events: int = 3000,
    *,
    event_ids: bool | None = None,
) -> Tables:
    """A heavy-tailed log with every kind of dirt. Every third seed has event ids, unless told."""
    rng = np.random.default_rng([20_240_131, seed])
    has_event_ids = seed % 3 == 0 if event_ids is None else event_ids
    creators = [f"c{number}" for number in range(max(2, n_pings // 6))] + ["cé", "05"]
    users = random_users(rng, n_users)
    pings = random_pings(rng, n_pings, creators)

    # A tenth of the users and of the pings have no events; some of both are known to nobody.
    user_ids = sorted({row["user_id"].strip() for row in users if (row["user_id"] or "").strip()})
    rng.shuffle(user_ids)
    some_users = user_ids[: max(1, len(user_ids) * 9 // 10)]
    active_users = [*some_users, "ghost1", "ghost2", "ghöst"]
    ping_rows: dict[str, dict] = {}
    for row in pings:
        if (row["ping_id"] or "").strip():
            ping_id = row["ping_id"].strip()
            ping_rows.setdefault(ping_id, {**row, "ping_id": ping_id})
    shown = [ping_rows[ping_id] for ping_id in sorted(ping_rows)]
    order = rng.permutation(len(shown))[: max(1, len(shown) * 9 // 10)]
    active_pings = [shown[place] for place in order]
    active_pings += [{"ping_id": name, "duration_sec": None} for name in ("px1", "px2", "p日本")]
    events = random_events(rng, active_users, active_pings, n_events)

    for number, event in enumerate(events):
        event["event_id"] = f"e{number}"
        event["event_timestamp"] = spelled(rng, event["at"])
    events = [*events, *repeats(rng, events)]
    if has_event_ids:
        events += reused_event_ids(rng, events)
        for event in events:
            if event["event_id"].endswith("5"):  # every repeat of such an event too
                event["event_id"] = None
    spoil(rng, events)
    # Whom only rejected rows name is no user, and what only they name is no ping.
    for reason in ({"event_type": "stare"}, {"event_timestamp": "never"}, {"watch_time_sec": "-1"}):
        named = {"user_id": "nobody", "ping_id": "nothing", "event_id": None}
        events.append({**events[0], **named, **reason})
    order = rng.permutation(len(events))
    columns = EVENT_COLUMNS if has_event_ids else EVENT_COLUMNS[1:]
    return (
        text_table(users, USER_COLUMNS),
        text_table(pings, PING_COLUMNS),
        text_table([events[place] for place in order], columns),
    )


def restricted(log: Tables, seed: int) -> Tables:
    """The log with regions and blocklists of users, and restrictions and qualities of pings."""
    users, pings, interactions = log
    rng = np.random.default_rng([20_240_301, seed])
    regions = ["NG", "ZA", "US", "Côte d'Ivoire"]
    named = pd.concat([pings["creator_id"], pings["category"]]).dropna().unique().tolist()

    def region() -> str | None:
        if chance(rng, 0.2):
            return missing(rng)
        return padded(rng, str(one_of(rng, [*regions, "nowhere", "ng"])))

    def blocklist() -> str | None:
        if chance(rng, 0.4):
            return one_of(rng, [None, "", "|", " | |", "nobody"])
        entries = [str(one_of(rng, named)) for _ in range(int(rng.integers(1, 6)))]
        return str(one_of(rng, ["|", " | ", "||"])).join([*entries, entries[0]])

    def restriction() -> str | None:
        if chance(rng, 0.6):
            return one_of(rng, [None, "", " ", "|"])
        chosen = rng.permutation([*regions, "atlantis"])[: int(rng.integers(1, 4))]
        return str(one_of(rng, ["|", " |"])).join(chosen.tolist())

    def quality() -> str | None:
        values = [*UNPARSEABLE_NUMBERS, *NOT_FINITE, None, ""]
        return one_of(rng, values) if chance(rng, 0.2) else f"{rng.normal():.3f}"

    users = users.assign(
        region=[region() for _ in range(len(users))],
        blocklist=[blocklist() for _ in range(len(users))],
    )
    pings = pings.assign(
        region_restriction=[restriction() for _ in range(len(pings))],
        quality_score=[quality() for _ in range(len(pings))],
    )
    return users, pings, interactions


def repeats(rng: np.random.Generator, events: list[dict]) -> list[dict]:
    """Events delivered again: the same moment and watch time, not always spelled the same."""
    copies = []
    for _ in range(max(2, len(events) // 40)):
        copy = dict(one_of(rng, events))
        if chance(rng, 0.4):
            copy["event_timestamp"] = spelled(rng, copy["at"])
        watch = copy["watch_time_sec"]
        if watch and watch.isdigit() and chance(rng, 0.5):
            copy["watch_time_sec"] = f"{watch}.0"
        copies.append(copy)
    return copies


def reused_event_ids(rng: np.random.Generator, events: list[dict]) -> list[dict]:
    """Other events under an id that is already taken, later, earlier or at the same moment."""
    copies = []
    for _ in range(max(2, len(events) // 60)):
        copy = dict(one_of(rng, events))
        at = copy["at"] + timedelta(seconds=one_of(rng, [-60, 0, 0, 60]))
        other = one_of(rng, events)
        copy.update(
            at=at,
            event_timestamp=spelled(rng, at),
            user_id=one_of(rng, [copy["user_id"], other["user_id"]]),
            ping_id=one_of(rng, [copy["ping_id"], other["ping_id"]]),
            event_type=one_of(rng, [copy["event_type"], "click"]),
            watch_time_sec=one_of(rng, [copy["watch_time_sec"], "3", "12"]),
            is_reused=True,
        )
        copies.append(copy)
    return copies


def spoil(rng: np.random.Generator, events: list[dict]) -> None:
    """Bad values, in place; some rows get several, so that the order of the reasons matters."""
    for event in events:
        if chance(rng, 0.006):
            event[one_of(rng, ["user_id", "ping_id"])] = missing(rng)
        if chance(rng, 0.008):
            event["event_type"] = one_of(rng, ["vview", "LIKE", "re watch", "0", "", None])
        if chance(rng, 0.008):
            bad = missing(rng) if chance(rng, 0.4) else one_of(rng, UNPARSEABLE_TIMES)
            event["event_timestamp"] = bad
        if chance(rng, 0.006):
            event["watch_time_sec"] = one_of(rng, ["-1", "-0.001", *NOT_FINITE])
        # Not on a reused id: of two rows that differ in "abc" and a missing value alone, nothing
        # says which one is kept, and so whether a nulled value is counted.
        is_number = bool((event["watch_time_sec"] or "").strip(" "))
        if is_number and not event.get("is_reused") and chance(rng, 0.01):
            event["watch_time_sec"] = one_of(rng, UNPARSEABLE_NUMBERS)
        for column in ("user_id", "ping_id", "event_type"):
            if event[column]:
                event[column] = padded(rng, event[column])


def text_table(rows: list[dict], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [row[name] for row in rows] for name in columns}, dtype="object")


def ties_log(seed: int) -> Tables:
    """A log whose scores are often equal to the last bit, with users who have seen nearly all.

    Engagement is made of whole points and of watch ratios that are exact binary fractions, and
    there are few values of it, few days of creation, few categories and few creators. A heavy
    user's views last 0 seconds, so that they touch everything without changing a score.
    """
    rng = np.random.default_rng([20_240_213, seed])
    n_pings = 40
    names = [f"p{number}" for number in range(n_pings - 6)] + ["P1", "pé", "p日", "a1", "Z", "10"]
    rng.shuffle(names)
    creation_days = [datetime(2024, 2, day, 12) for day in (1, 10, 19, 20)]
    pings = []
    for name in names:
        created = one_of(rng, creation_days)
        pings.append(
            {
                "ping_id": name,
                "creator_id": one_of(rng, ["c1", "c1", "c2", "c3", "c4", None]),
                "main_hashtag": one_of(rng, ["one", "two"]),
                "category": one_of(rng, ["dance", "dance", "music", "food", None]),
                "duration_sec": one_of(rng, ["32", "64"]),
                "created_at": None if chance(rng, 0.1) else f"{created:%Y-%m-%d %H:%M:%S}",
            }
        )

    light = [f"light{number}" for number in range(20)] + ["ghost"]
    heavy_unseen = [0, 1, 3, 9, 10, 11, 25]  # how many pings each heavy user has not seen
    heavy = [f"heavy{number}" for number in range(len(heavy_unseen))]
    idle = ["idle1", "idle2"]
    users = [
        {
            "user_id": user_id,
            "country": "NG",
            "signup_date": one_of(rng, ["2024-02-01", "2024-02-13", "2024-02-20", None]),
            "age": "30",
        }
        for user_id in [*light, *heavy, *idle]
        if user_id != "ghost"
    ]

    events: list[dict] = []
    at = datetime(2024, 2, 20, 15)

    def add(user_id: str, ping_id: str, kind: str, watch: str | None = None) -> None:
        nonlocal at
        at += timedelta(seconds=one_of(rng, [0, 1, 60, 3_600]))
        events.append(
            {
                "user_id": user_id,
                "ping_id": ping_id,
                "event_type": kind,
                "watch_time_sec": watch,
                "event_timestamp": f"{at:%Y-%m-%d %H:%M:%S}",
            }
        )

    for ping in pings:
        points = 0.0
        target = one_of(rng, [0.0, 0.0, 1.0, 2.0, 4.0, 8.0])
        while points < target:
            kind, gain = one_of(
                rng,
                [
                    *(("view", 0.25), ("view", 0.5), ("view", 1.0), ("click", 1.0)),
                    *(("like", 2.0), ("comment", 3.0), ("share", 4.0)),
                ],
            )
            if points + gain > target:
                continue
            watch = f"{float(ping['duration_sec']) * gain:g}" if kind == "view" else None
            add(one_of(rng, light), ping["ping_id"], kind, watch)
            points += gain
    for user_id, unseen in zip(heavy, heavy_unseen, strict=True):
        order = [names[place] for place in rng.permutation(len(names))]
        for ping_id in order[unseen:]:
            add(user_id, ping_id, "view", "0")
    return (
        text_table(users, USER_COLUMNS),
        text_table(pings, PING_COLUMNS),
        text_table(events, EVENT_COLUMNS[1:]),
    )


def golden_log() -> Tables:
    """The demo seeds, as text."""
    users, pings, interactions = (
        pd.read_csv(SEEDS / f"raw_{name}.csv", dtype="object", keep_default_na=False)
        for name in ("users", "pings", "interactions")
    )
    return users, pings, interactions
