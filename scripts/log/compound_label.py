"""The log of the compound engagement label, as it is: Users.csv, Content.csv, Interaction.csv.

One wide row per exposure, users with the topics that they declared an interest in as columns, and
restrictions of both sides. `examples/compound_label/mapping.yml` says how it is read.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from common import PROJECT, InputError
from log.plan import Array, Plan, generator

MAPPING = PROJECT / "examples" / "compound_label" / "mapping.yml"
FILES = ("Users.csv", "Content.csv", "Interaction.csv")
TOPICS = ("politics", "tech", "sports")
DEVICES = ("ios", "android", "web")
REGIONS = ("US", "EU", "IN")
ACTIVE_SHARE = 0.7  # of the users; the others have no event yet
# The published checks of the label: click, dwell_time, share, comment, hide.
CHECKS = (
    (1, 12.4, 0, 1, 0),
    (1, 15.0, 1, 0, 0),
    (1, 5.1, 0, 0, 0),
    (0, 0.0, 0, 0, 1),
    (0, 3.2, 0, 0, 0),
)
SMALLEST = 2 * len(CHECKS)  # users, contents and rows

Line = Iterable[object]


def write_csv(path: Path, header: str, lines: Iterable[Line]) -> None:
    """Write a CSV file that appears under its name only when it is complete."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(lines)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text.getvalue())
    os.replace(unfinished, path)


def some_of(rng: np.random.Generator, values: Iterable[str], share: float) -> str:
    """Mostly nothing, else one or two of the values."""
    if rng.random() >= share:
        return ""
    chosen = rng.choice(list(values), rng.integers(1, 3), replace=False)
    return "|".join(sorted(map(str, chosen)))


def generate_compound_label(plan: Plan, output: Path) -> None:
    """Write the three files, and the mapping beside them."""
    if min(plan.users, plan.pings, plan.events) < SMALLEST:
        raise InputError(f"this shape needs {SMALLEST} users, pings and events or more.")
    if plan.events > plan.days * 86_400 // 2:
        raise InputError("this shape has one event a second at most: ask for more --days.")
    rng = generator(plan, 5)
    publishers = [f"publisher{number}" for number in range(1, plan.creators + 1)]
    affinity = np.round(rng.beta(0.7, 1.0, (plan.users, len(TOPICS))), 2)
    topic = rng.integers(0, len(TOPICS), plan.pings)
    quality = np.round(rng.beta(4, 2, plan.pings), 3)

    user, content = drawn_pairs(rng, plan)
    taste = affinity[user, topic[content]] * quality[content]
    dwell = np.round(rng.exponential(4 + 22 * taste), 1)
    counts = [
        (rng.random(plan.events) < base + slope * taste).astype(int)
        for base, slope in ((0.12, 0.75), (0.01, 0.15), (0.02, 0.20))
    ]
    hide = (rng.random(plan.events) < 0.08 * (1 - taste)).astype(int)
    dwell[rng.random(plan.events) < 0.1] = 0
    rows = list(zip(counts[0], dwell, *counts[1:], hide, strict=True))
    rows[: len(CHECKS)] = CHECKS
    seconds = np.sort(rng.choice(plan.days * 86_400, plan.events, replace=False))
    begin = datetime(plan.start.year, plan.start.month, plan.start.day)

    output.mkdir(parents=True, exist_ok=True)
    write_csv(
        output / "Users.csv",
        "user_id,device_type,region,"
        + ",".join(f"topic_affinity_{name}" for name in TOPICS)
        + ",avg_session_length,blocklist",
        (
            (
                f"u{number + 1}",
                rng.choice(DEVICES),
                rng.choice(REGIONS),
                *affinity[number],
                round(rng.gamma(3, 120), 1),
                some_of(rng, [*publishers, *TOPICS], 0.15),
            )
            for number in range(plan.users)
        ),
    )
    write_csv(
        output / "Content.csv",
        "content_id,publisher,topic,quality_score,region_restriction",
        (
            (
                f"c{number + 1}",
                rng.choice(publishers),
                TOPICS[topic[number]],
                quality[number],
                some_of(rng, REGIONS, 0.2),
            )
            for number in range(plan.pings)
        ),
    )
    write_csv(
        output / "Interaction.csv",
        "user_id,content_id,click,dwell_time,share,comment,hide,event_timestamp",
        (
            (f"u{user[row] + 1}", f"c{content[row] + 1}", *values, begin + timedelta(seconds=at))
            for row, (values, at) in enumerate(zip(rows, seconds.tolist(), strict=True))
        ),
    )
    if not (output / MAPPING.name).exists():
        shutil.copyfile(MAPPING, output / MAPPING.name)


def drawn_pairs(rng: np.random.Generator, plan: Plan) -> tuple[Array, Array]:
    """User and content of each row. The checks come first, and no other row has their users with
    their contents."""
    active = max(SMALLEST, int(plan.users * ACTIVE_SHARE))
    checks = np.arange(len(CHECKS))
    user = rng.integers(0, active, plan.events)
    content = np.minimum(rng.exponential(0.3, plan.events), 0.999) * plan.pings
    content = content.astype(int)
    is_theirs = (user < len(CHECKS)) & (content < len(CHECKS))
    content[is_theirs] += len(CHECKS)
    user[: len(CHECKS)], content[: len(CHECKS)] = checks, checks
    return user, content
