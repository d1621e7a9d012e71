"""What keeps a build from being published though every row was read, and what gates let pass.

All runs are made in one process, on files whose times of change are set as a daily delivery would
have them; a case may build its warehouse several times.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dbt_runs import run_all
from warehouse import PROJECT

FIRST = datetime(2024, 3, 1)
DAYS, PER_DAY = 9, 600
HEADER = "user_id,ping_id,event_type,watch_time_sec,event_timestamp"
USERS = "user_id\n" + "".join(f"u{number}\n" for number in range(20))
PINGS = "ping_id,duration_sec\n" + "".join(f"p{number},10\n" for number in range(10))
VARIABLES = {"gate_metric_least_events": 150}

GATES = [path.stem.removeprefix("gate_") for path in (PROJECT / "tests" / "gates").glob("*.sql")]

Lines = list[str]


def events(day: int, size: int = PER_DAY, watched: str = "9", hours: float = 24) -> Lines:
    """Impressions, views and likes of a day, evenly from its first moment on, in their order."""
    start = FIRST + timedelta(days=day)
    lines = []
    for number in range(size):
        kind = ("impression", "view", "like")[number % 3]
        at = start + timedelta(hours=hours) * number / size
        user, ping = f"u{number % 20}", f"p{number % 7}"
        lines.append(f"{user},{ping},{kind},{watched if kind == 'view' else ''},{at:%F %T.%f}")
    return lines


def daily() -> dict[str, Lines]:
    return {f"day-{day}.csv": events(day) for day in range(DAYS)}


@dataclass(frozen=True)
class File:
    """A file of the log; None removes it. delivered: days after the first one."""

    lines: Lines | None
    delivered: float


@dataclass(frozen=True)
class Build:
    """The files that change before a build, and what it must say of which gate, if anything."""

    files: dict[str, File]
    verdicts: dict[str, str] = field(default_factory=dict)  # other than passed or not judged
    says: tuple[str, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()

    @property
    def is_red(self) -> bool:
        return "error" in self.verdicts.values()


def log_of(files: dict[str, Lines], at_once: bool = False) -> dict[str, File]:
    """Each file comes two hours after its day, or all come now."""
    return {
        name: File(lines, 0 if at_once else place + 1 + 2 / 24)
        for place, (name, lines) in enumerate(files.items())
    }


def with_newest(lines: Lines, at_once: bool = False) -> dict[str, File]:
    return log_of(daily() | {f"day-{DAYS - 1}.csv": lines}, at_once)


LAST = DAYS - 1
WHOLE = events(LAST)
THIN = {"events of the day": "error"}
UNREADABLE = [line.rsplit(",", 1)[0] + ",yesterday" for line in WHOLE]
FEW = (
    "2024-03-09 has 30 events, 5 % of the median of the seven days before (600); "
    "the bound is 80 % (gate_missing_share_error)."
)
TOGETHER = [line for lines in daily().values() for line in lines]
HOURLY = {
    f"{day}-{hour:02}.csv": events(day)[hour * 25 : hour * 25 + 25]
    for day in range(DAYS)
    for hour in range(24)
}


def ahead(days: int) -> Lines:
    """Events of a clock that runs so many days ahead of the newest day."""
    return events(LAST + days, 2)


AFTER = events(DAYS, 3, hours=0.1)

CASES: dict[str, list[Build]] = {
    "cut off, copied at once": [Build(with_newest(WHOLE[:30], at_once=True), THIN, (FEW,))],
    "thin, and let pass": [
        Build(
            with_newest(WHOLE[::20]),
            {"events of the day": "warning"},
            ("Warning: log: 2024-03-09 has 30 events", "said above 50 % (gate_missing_share_warn)"),
            {"gate_missing_share_error": None},
        )
    ],
    "thin, in one file": [
        Build(log_of({"all.csv": TOGETHER[:-PER_DAY] + WHOLE[::20]}), THIN, (FEW,))
    ],
    "ends at noon, in one file": [Build(log_of({"all.csv": TOGETHER[: -PER_DAY // 2]}))],
    "ends early, by the hour": [
        Build(log_of(dict(list(HOURLY.items())[: -24 + 2]), at_once=True)),
    ],
    "clocks that run ahead, by the hour": [
        Build(log_of(dict(list(HOURLY.items())[: -24 + 2]) | {"ahead.csv": ahead(1)}, at_once=True))
    ],
    "a thin day, in one file with clocks that run ahead": [
        Build(
            log_of({"all.csv": TOGETHER[:-PER_DAY] + WHOLE[::20] + events(DAYS, 60) + ahead(12)}),
            THIN,
            # the day after goes on to its end, which clocks that run ahead do not hide
            ("Red: log: 2024-03-10 has 60 events, 10 % of the median of the seven days before",),
        )
    ],
    "a thin day, and some events after midnight, in one file": [
        Build(log_of({"all.csv": TOGETHER[:-PER_DAY] + WHOLE[::20] + AFTER}), THIN, (FEW,))
    ],
    "no impressions": [
        Build(
            with_newest([line for line in WHOLE if ",impression," not in line]),
            THIN,
            ("Red: impressions: 2024-03-09 has 0, the median of the seven days before is 200;",),
        )
    ],
    "all rejected": [
        Build(log_of(dict(list(daily().items())[:-1]))),
        Build(
            {"day-8.csv": File(UNREADABLE, DAYS + 2 / 24)},
            {"rejected rows": "error"},
            (
                "600 of 600 rows (100 %) of ",
                "day-8.csv, of the newest delivery, are rejected, 600 of them as"
                " 'unparseable or missing event timestamp'; the bound is 50 %"
                " (gate_rejected_share_error).",
            ),
        ),
    ],
    "late and sent again, in a log of the past": [
        Build(
            log_of(daily())
            | {"late.csv": File(events(2, 200), DAYS + 400), "again.csv": File(WHOLE, DAYS + 400)}
        )
    ],
    "nothing new in what comes": [
        Build(
            log_of(daily()) | {"late.csv": File(events(2, 200), DAYS + 4)},
            {"age of the log": "error"},
            ("the newest event is of 2024-03-09, 96 h before the newest file came",),
        )
    ],
    "another watch-through rate": [
        Build(
            with_newest(events(LAST, watched="3")),
            {"change of a metric": "error"},
            (
                "watch_through_rate: on 2024-03-09 it is 0 per thousand, 100 % below the median of"
                " the seven days before (1000); the bound is 50 % (gate_metric_change_error).",
            ),
        )
    ],
    "a file is gone": [
        Build(log_of(daily())),
        Build(
            {"day-4.csv": File(None, 0)},
            {"vanished files": "error"},
            ("1 files that were read are gone, such as ", "day-4.csv"),
        ),
        Build({}, {"vanished files": "error"}),  # a second try publishes it no more
        Build({"day-4.csv": File(events(4), 5)}),
        Build({"day-4.csv": File(None, 0)}, arguments=("--full-refresh",)),
    ],
    "rewound": [Build(with_newest(WHOLE[:30]), variables={"as_of": "2024-03-09 12:00:00"})],
    "few events": [Build(log_of({f"{day}.csv": events(day, 50) for day in range(8)}))],
    "what looks odd": [
        Build(
            log_of(daily()) | {"notes.dat": File([], 0)},
            {"intake warnings": "warning"},
            ("log: 1 things look odd in the log (intake_warnings); said above 0",),
            {"gate_intake_warnings_warn": 0},
        )
    ],
}


def runs_of(folder: Path, builds: list[Build]) -> list[dict[str, Any]]:
    """The runs of a case, for dbt_runs."""
    log = folder / "raw" / "interactions"
    log.mkdir(parents=True)
    (folder / "raw" / "users.csv").write_text(USERS)
    (folder / "raw" / "pings.csv").write_text(PINGS)
    runs = []
    for build in builds:
        texts: dict[str, str | None] = {}
        modified = {}
        for name, file in build.files.items():
            path = str(log / name)
            texts[path] = None if file.lines is None else "\n".join([HEADER, *file.lines, ""])
            if file.lines is not None:
                moment = FIRST.replace(tzinfo=UTC) + timedelta(days=file.delivered)
                modified[path] = moment.timestamp()
        variables = json.dumps(VARIABLES | build.variables)
        arguments = ["build", "--select", "+build_gates", "path:tests/gates", "--vars", variables]
        arguments += ["--indirect-selection", "empty", "--exclude-resource-type", "unit_test"]
        environment = {
            "PINGTOP_RAW_LOCATION": str(folder / "raw"),
            "PINGTOP_DATABASE": str(folder / "warehouse.duckdb"),
        }
        runs.append(
            {
                "arguments": [*arguments, *build.arguments],
                "environment": environment,
                "files": texts,
                "modified": modified,
            }
        )
    return runs


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    base = tmp_path_factory.mktemp("gates").resolve()
    runs = {name: runs_of(base / str(place), CASES[name]) for place, name in enumerate(CASES)}
    every_run = [run for of_case in runs.values() for run in of_case]
    done = iter(run_all(every_run, base / "runs", PROJECT, every_run[0]["environment"]))
    return {name: [next(done) for _ in of_case] for name, of_case in runs.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_gate_says_what_it_must_and_no_more(
    outcomes: dict[str, list[dict[str, Any]]], name: str
) -> None:
    for build, outcome in zip(CASES[name], outcomes[name], strict=True):
        output = outcome["output"]
        said = {
            gate: verdict
            for verdict, status in (("warning", "WARN"), ("error", "FAIL"))
            for gate in GATES
            if f"{status} 1 gate_{gate}" in output or f"{status} 2 gate_{gate}" in output
        }
        assert {gate.replace("_", " "): verdict for gate, verdict in said.items()} == (
            build.verdicts
        ), output
        assert outcome["exit_code"] == int(build.is_red), output
        assert [sentence for sentence in build.says if sentence not in output] == [], output
        words = ("Red: ", "Warning: ")
        assert sum(output.count(word) for word in words) == len(build.verdicts), output
