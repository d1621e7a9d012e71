"""Ten days of a scheduler: deliveries that are late, sent twice, thin, damaged, unreadable or gone.

Each day is one `operate.py daily` (or more, where the first is not done), as a scheduler starts it.
What it comes to, what is recorded and what is published is looked at day by day; at the end, the
warehouse holds what a new one holds that reads the same files.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from warehouse import PROJECT
from warehouse_differences import Side, differences

from common import BAD_INPUT, FAILED, OK, TRY_AGAIN
from releases.release import open_release

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
HISTORY = 8  # days that are there on the first day
PER_DAY = 300
TABLES_BEFORE_THE_KILL = 20
HEADER = "user_id,ping_id,event_type,watch_time_sec,event_timestamp"

Lines = list[str]


def events(day: int, size: int = PER_DAY) -> Lines:
    """Impressions, views and likes, evenly over the day."""
    start = FIRST + timedelta(days=day)
    lines = []
    for number in range(size):
        at = start + timedelta(days=1) * number / size
        user, ping = (number * 7 + day) % 23, (number * 5 + day * 3) % 11
        kind, watched = (("impression", ""), ("view", f"{number % 13}.5"), ("like", ""))[number % 3]
        lines.append(f"u{user},p{ping},{kind},{watched},{at:%F %T.%f}")
    return lines


class Site:
    """A raw folder that grows, its warehouse, its releases, and the runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "raw" / "interactions"
        self.log.mkdir(parents=True)
        self.write(
            "users.csv", ["user_id", *(f"u{number}" for number in range(23))], 0, self.log.parent
        )
        pings = [f"p{number},{10 + number}" for number in range(11)]
        self.write("pings.csv", ["ping_id,duration_sec", *pings], 0, self.log.parent)

    def write(self, name: str, lines: Lines, day: int, folder: Path | None = None) -> Path:
        """A file as it is delivered: two hours after the end of its day."""
        path = (folder or self.log) / name
        path.write_text("\n".join(lines) + "\n")
        return self.stamp(path, day)

    def stamp(self, path: Path, day: int) -> Path:
        moment = (FIRST + timedelta(days=day + 1, hours=2)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def deliver(self, day: int, lines: Lines | None = None, name: str = "") -> Path:
        return self.write(name or f"day-{day:02}.csv", [HEADER, *(lines or events(day))], day)

    def environment(self, database: str) -> dict[str, str]:
        return os.environ | {
            "PINGTOP_DATABASE": str(self.folder / database / "pingtop.duckdb"),
            "PINGTOP_RAW_LOCATION": str(self.log.parent),
            "PINGTOP_RELEASES": str(self.folder / "releases"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def start(self, *options: str, database: str = "warehouse") -> subprocess.Popen[str]:
        (self.folder / database).mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, str(PROJECT / "scripts" / "operate.py"), "daily", *options],
            cwd=PROJECT,
            env=self.environment(database),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def daily(self, *options: str, database: str = "warehouse") -> tuple[int, str]:
        """Exit code, and all that was said."""
        process = self.start(*options, database=database)
        said, _ = process.communicate(timeout=600)
        assert "Traceback" not in said
        return process.returncode, said

    def publish(self) -> str:
        done = subprocess.run(
            [sys.executable, str(PROJECT / "scripts" / "publish.py")],
            cwd=PROJECT,
            env=self.environment("warehouse"),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    @property
    def releases(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "releases").glob("[0-9]*"))

    @property
    def newest_event(self) -> str:
        """Of the current release: what a reader sees."""
        return open_release(self.folder / "releases").manifest["data_to"]

    def statuses(self) -> list[str]:
        """How the runs so far ended, as the warehouse has it."""
        path = self.folder / "warehouse" / "pingtop.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute("select status from build_history order by started_at")
            return [status for (status,) in rows.fetchall()]

    def kill_in_the_midst(self) -> None:
        """A run that is killed once dbt has built some tables, and not all."""
        process = self.start()
        assert process.stdout
        said = process.stdout.readline()
        path = Path(said.split(" is in ")[1].strip())
        while path.read_text().count(" OK created ") < TABLES_BEFORE_THE_KILL:
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.mark.timeout(2400)  # a dozen whole builds
def test_ten_days(site: Site) -> None:
    for day in range(HISTORY):
        site.deliver(day)
    code, said = site.daily()
    assert code == OK, said
    assert site.newest_event.startswith("2024-03-08")
    first = site.releases

    # day 1: published once, however often it is asked for
    for _ in range(3):
        assert "is this build already" in site.publish()
    assert site.releases == first

    # day 2: what is late, and a file that is sent once more
    site.deliver(8)
    site.deliver(8, [line.replace("u1,", "u2,") for line in events(3, 40)], "late.csv")
    site.deliver(8, events(2), "again.csv")
    code, said = site.daily()
    assert code == OK, said
    assert len(site.releases) == 2
    published = site.newest_event
    assert published.startswith("2024-03-09")

    # day 3: a twentieth of a day; then the rest of it
    site.deliver(9, events(9)[::20])
    code, said = site.daily()
    assert (code, "gate_missing_share_error" in said) == (FAILED, True), said
    assert "nothing is published" in site.publish()
    assert site.newest_event == published
    site.deliver(9, [line for place, line in enumerate(events(9)) if place % 20], "day-09-rest.csv")
    code, said = site.daily()
    assert code == OK, said

    # day 4: killed; day 5: the next run does the work of both
    site.deliver(10)
    site.kill_in_the_midst()
    assert "nothing is published" in site.publish()
    site.deliver(11)
    code, said = site.daily()
    assert code == OK, said
    published = site.newest_event
    assert published.startswith("2024-03-12")

    # day 6: damaged on its way
    packed = gzip.compress("\n".join([HEADER, *events(12)]).encode())
    damaged = site.log / "day-12.csv.gz"
    damaged.write_bytes(packed[: len(packed) // 2])
    site.stamp(damaged, 12)
    code, said = site.daily()
    assert (code, "day-12.csv.gz" in said) == (BAD_INPUT, True), said

    # day 7: whole again; and a day that nobody can read
    damaged.write_bytes(packed)
    site.stamp(damaged, 12)
    site.deliver(13, [f"{line.rsplit(',', 1)[0]},yesterday" for line in events(13)])
    code, said = site.daily()
    assert (code, "day-13.csv" in said) == (FAILED, True), said

    # day 8: readable; and a file of an earlier day is gone
    site.deliver(13)
    site.deliver(14)
    gone = (site.log / "day-05.csv").rename(site.folder / "day-05.csv")
    code, said = site.daily()
    assert (code, "day-05.csv" in said) == (FAILED, True), said
    assert site.newest_event == published
    gone.rename(site.log / "day-05.csv")

    # day 9: all is well; day 10: a second scheduler comes while the first is at work
    site.deliver(15)
    code, said = site.daily()
    assert code == OK, said
    site.deliver(16)
    run = site.start()
    assert run.stdout
    assert "building" in run.stdout.readline()
    assert site.daily("--wait", "0")[0] == TRY_AGAIN
    run.communicate(timeout=600)
    assert run.returncode == OK
    assert site.newest_event.startswith("2024-03-17")

    assert site.statuses() == [
        *("green", "green", "red", "green", "not ended", "green"),
        *("refused", "red", "red", "green", "green"),
    ]
    assert len(site.releases) == 6
    code, said = site.daily("--no-publish", database="fresh")
    assert code == OK, said
    sides = [Side(name, site.folder / name / "pingtop.duckdb") for name in ("warehouse", "fresh")]
    assert not differences(*sides)
