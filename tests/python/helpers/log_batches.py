"""A log cut into batches of files, with what makes it hard to read only what is new.

`batches_of(seed, n)` gives the same batches for the same arguments. In the last batches nothing
older than PAST arrives, and nothing old changes: a warehouse that is rewound to PAST is the one
that was built before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from growing_log import N_EVENTS, N_EXPOSURES, GrowingLog, Row, rejected_rows
from log_happenings import EVENT_HAPPENINGS, FILE_HAPPENINGS, TABLE_HAPPENINGS, TILL
from random_logs import FIRST_DAY, chance, one_of, spelled, spoil

FEWEST_BATCHES = 4
PAST = TILL

# what some batches are; each of them comes in turn, and between two of them is an ordinary batch
NOTHING_NEW = "nothing new"
NO_NEW_FILE = "no new file"
EMPTY_FILE = "empty file"
REJECTED_ONLY = "rejected rows only"
SPECIALS = [NOTHING_NEW, *FILE_HAPPENINGS, NO_NEW_FILE, EMPTY_FILE, REJECTED_ONLY]

DIRTY_ROWS, REWOUND_BESIDE, REWOUND_WITHIN = "dirty rows", "rewound beside", "rewound within"
KILLED, LATER_ONLY = "build killed", "later rows only"

HAPPENINGS = {*EVENT_HAPPENINGS, *TABLE_HAPPENINGS, *SPECIALS}
HAPPENINGS |= {DIRTY_ROWS, REWOUND_BESIDE, REWOUND_WITHIN, KILLED, LATER_ONLY}


@dataclass(frozen=True)
class Kill:
    """When a build is killed: after a share of the last one's statements, and some seconds."""

    share: float
    seconds: float


@dataclass(frozen=True)
class Batch:
    """What changes before a build, and how it is built."""

    number: int
    happenings: frozenset[str]
    files: dict[str, bytes | None]  # below the raw location; None: no longer there
    weights: str  # the seed event_weights, whole
    variables: dict[str, Any]
    kills: list[Kill] = field(default_factory=list)
    as_of_beside: str | None = None  # also built as of then, into another warehouse
    as_of_within: str | None = None  # first built as of then, into the same warehouse
    is_past: bool = False  # all later batches are of PAST or later


def batches_of(seed: int, n_batches: int) -> Iterator[Batch]:
    """n_batches: at least FEWEST_BATCHES."""
    log = GrowingLog(seed)
    n_past = n_batches - max(2, n_batches // 6)
    days = 36 / n_past
    tables, events = Deck(log, list(TABLE_HAPPENINGS)), Deck(log, list(EVENT_HAPPENINGS))
    as_of = moment(log, 10)
    for number in range(1, n_batches + 1):
        log.number = number
        before = dict(log.files)
        if number > n_past:
            log.first = PAST + timedelta(days=number - n_past - 1)
            happened = grow_on(log)
        else:
            log.first = FIRST_DAY + timedelta(days=days * (number - 1))
            special = None
            if number % 2 == 0:
                special = SPECIALS[(3 * seed + number // 2) % len(SPECIALS)]
            happened = grow(log, special, days, tables, events)
        log.write_tables()
        files: dict[str, bytes | None] = {
            name: content for name, content in log.files.items() if before.get(name) != content
        }
        files |= {name: None for name in before if name not in log.files}

        beside = within = None
        kills = []
        if (number + seed) % 5 == 0:
            happened.add(REWOUND_BESIDE)
            beside = as_of = as_of if chance(log.rng, 0.5) else moment(log, 36)
        if (number + seed) % 7 == 3:
            happened.add(REWOUND_WITHIN)
            within = moment(log, 36)
        if (number + seed) % 3 == 1:
            happened.add(KILLED)
            kills = [kill(log) for _ in range(int(log.rng.integers(1, 3)))]
        yield Batch(
            number=number,
            happenings=frozenset(happened),
            files=files,
            weights=log.weights_file(),
            variables=dict(log.variables),
            kills=kills,
            as_of_beside=beside,
            as_of_within=within,
            is_past=number == n_past,
        )


class Deck:
    """Deals names in random order, each as often as every other."""

    def __init__(self, log: GrowingLog, names: list[str]) -> None:
        self.log, self.names, self.cards = log, names, list[str]()

    def deal(self, size: int) -> list[str]:
        if len(self.cards) < size:
            self.cards += [self.names[place] for place in self.log.rng.permutation(len(self.names))]
        dealt, self.cards = self.cards[:size], self.cards[size:]
        return dealt

    def put_back(self, name: str) -> None:
        """Of what could not happen yet: it is tried again in the next batch."""
        self.cards.insert(0, name)


def moment(log: GrowingLog, days: int) -> str:
    at = FIRST_DAY + timedelta(seconds=int(log.rng.integers(days * 86_400)))
    return f"{at:%Y-%m-%d %H:%M:%S}"


def kill(log: GrowingLog) -> Kill:
    seconds = 0.0 if chance(log.rng, 0.5) else float(log.rng.uniform(0, 0.03))
    return Kill(float(log.rng.uniform(0, 1)), seconds)


def grow(log: GrowingLog, special: str | None, days: float, tables: Deck, events: Deck) -> set[str]:
    """A batch of the log, in which anything may happen. The result is what did."""
    if special == NOTHING_NEW:
        return {special}
    if special == EMPTY_FILE:
        log.write_events(f"{log.number:02}", [])
        return {special}
    if special == REJECTED_ONLY:
        rows = rejected_rows(log.rng, log.new_events(10, log.first, days))
        log.write_events(f"{log.number:02}", rows)
        return {special}
    happened = changed_tables(log, tables)
    if special == NO_NEW_FILE:
        return happened | {special}
    if special in FILE_HAPPENINGS and FILE_HAPPENINGS[special](log, []):
        happened.add(special)

    rows = log.new_events(N_EVENTS, log.first, days)
    for name in events.deal(6):
        if EVENT_HAPPENINGS[name](log, rows):
            happened.add(name)
        else:
            events.put_back(name)
    spoil(log.rng, rows)
    rows += rejected_rows(log.rng, rows[:10])
    happened.add(DIRTY_ROWS)
    deliver(log, rows)
    return happened


def changed_tables(log: GrowingLog, tables: Deck) -> set[str]:
    happened = set()
    for name in tables.deal(5 if log.number > 1 else 0):
        if TABLE_HAPPENINGS[name](log, []):
            happened.add(name)
        else:
            tables.put_back(name)
    return happened


def deliver(log: GrowingLog, rows: list[Row]) -> None:
    """Writes the rows into one to three files, in random order."""
    order = [rows[place] for place in log.rng.permutation(len(rows))]
    n_files = int(log.rng.integers(1, 4))
    for part in range(n_files):
        folder = one_of(log.rng, ["", "", "day=1/"])
        log.write_events(f"{folder}{log.number:02}-{part}", order[part::n_files])


def grow_on(log: GrowingLog) -> set[str]:
    """A batch of rows that are all of `log.first` or later, and change nothing that was before."""
    rows = log.new_events(N_EVENTS, log.first, 1)
    for row in [one_of(log.rng, rows) for _ in range(10)]:
        copy = {**row, "event_timestamp": spelled(log.rng, row["at"])}
        if chance(log.rng, 0.5):
            copy |= {"event_type": "click", "watch_time_sec": None}
        rows.append(copy)
    deliver(log, rows)
    if chance(log.rng, 0.5):
        exposures = log.new_exposures(N_EXPOSURES, log.first, 1)
        log.write_exposures(f"{log.number:02}", [*exposures, exposures[0]])
    add_newcomers(log, log.first)
    return {LATER_ONLY}


def add_newcomers(log: GrowingLog, at: datetime) -> None:
    """New users and pings, and one of each under an id that is taken."""
    for name in (f"new{log.number}", log.ids("users")[0]):
        log.users.append({**log.users[0], "user_id": name, "signup_date": f"{at:%Y-%m-%d}"})
    for name in (f"pnew{log.number}", log.ids("pings")[0]):
        log.pings.append({**log.pings[0], "ping_id": name, "created_at": spelled(log.rng, at)})
