"""Broken input: every raw row is accounted for, or the run stops with one clear sentence."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
import zstandard
from dbt_runs import run_all
from warehouse import MODELS_ONLY, PROJECT, RAW_TABLES, Warehouse, copied_project

TOO_SHORT = "malformed line: too few fields"
TOO_LONG = "malformed line: too many fields"
BROKEN_QUOTES = "malformed line: broken quotes"
NOT_UTF8 = "malformed line: not UTF-8"
OVER_2_MB = "malformed line: too long"
MISSING_ID = "missing id"
UNKNOWN_TYPE = "unknown event type"
BAD_TIMESTAMP = "unparseable or missing event timestamp"
BAD_WATCH_TIME = "negative or non-finite watch time"
DUPLICATE = "duplicate"

KEPT_OF_TOO_LONG = 10_000  # characters

# Every build of this file has the same variables, so that dbt parses the project once.
AS_OF = "2024-03-01 00:00:00"
INTAKE = ["--select", "+rejected_rows", "+intake_summary", "+intake_nulled_values"]
INTAKE += ["+intake_files", "+users", "+pings", "+interactions", "+holdout_interactions"]
MARTS = [*RAW_TABLES, "rejected_rows", "intake_summary", "intake_nulled_values"]
MARTS += ["intake_files", "holdout_interactions"]


# --- the raw rows and what must become of them ---------------------------------------------------
@dataclass
class Expected:
    """What a raw folder must give, gathered while it is written."""

    raw_rows: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    after_as_of: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, table: str, outcome: str | None, raw_row: str, times: int = 1) -> None:
        """A raw row; outcome: None (accepted), `after_as_of` or the reason of its rejection."""
        self.raw_rows[table] += times
        if outcome is None:
            self.accepted[table] += times
        elif outcome == "after_as_of":
            self.after_as_of[table] += times
        else:
            self.rejected[table, outcome, raw_row] += times


@dataclass
class Built:
    """The intake's tables, read back, beside what they must be."""

    expected: Expected
    tables: dict[str, pd.DataFrame]

    def event(self, event_id: str) -> pd.Series:
        rows = self.tables["interactions"].query("event_id == @event_id")
        assert len(rows) == 1, event_id
        return rows.iloc[0]

    def row(self, table: str, key: str) -> pd.Series:
        rows = self.tables[table]
        rows = rows[rows[f"{table[:-1]}_id"] == key]
        assert len(rows) == 1, key
        return rows.iloc[0]

    def nulled(self, table: str, column: str) -> int:
        rows = self.tables["intake_nulled_values"]
        found = rows[(rows["source_table"] == table) & (rows["column_name"] == column)]
        return int(found["row_count"].sum())


def build_intake(warehouse: Warehouse, expected: Expected, time_zone: str = "UTC") -> Built:
    warehouse.database.unlink(missing_ok=True)
    done = warehouse.dbt(
        "build",
        *MODELS_ONLY,
        *INTAKE,
        variables={"as_of": AS_OF},
        environment={"TZ": time_zone},
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return Built(expected, {name: warehouse.table(name) for name in MARTS})


def assert_every_row_is_accounted_for(built: Built) -> None:
    """accepted + rejected + after_as_of = raw, table by table, and the marts agree."""
    summary, rejected = built.tables["intake_summary"], built.tables["rejected_rows"]
    for table in RAW_TABLES:
        counts = summary[summary["source_table"] == table].groupby("outcome")["row_count"].sum()
        accepted, after = built.expected.accepted[table], built.expected.after_as_of[table]
        wanted = {"accepted": accepted, "after_as_of": after}
        wanted["rejected"] = built.expected.raw_rows[table] - accepted - after
        assert counts.to_dict() == {name: n for name, n in wanted.items() if n}, table
        assert len(built.tables[table]) == accepted, table
        assert (rejected["source_table"] == table).sum() == wanted["rejected"], table
    by_reason = rejected.groupby(["source_table", "reject_reason"]).size()
    summed = summary.dropna(subset=["reject_reason"])
    summed = summed.set_index(["source_table", "reject_reason"])["row_count"]
    assert by_reason.to_dict() == summed.to_dict()


def assert_rejected_rows_are_as_they_came(built: Built) -> None:
    rejected = built.tables["rejected_rows"]
    rejected = rejected[~rejected["raw_row"].str.startswith("~")]
    found = rejected.value_counts(["source_table", "reject_reason", "raw_row"]).to_dict()
    assert found == dict(built.expected.rejected)


# --- one folder of CSV files with everything wrong that a line can have ---------------------------
AT = "2024-02-10 10:00:00"

# name -> (the line, what becomes of it); the first field of a good line is its event_id
LINES: dict[str, tuple[bytes | str, str | None]] = {
    "good": (f"good,u1,p1,view,7.5,{AT},", None),
    # --- malformed
    "short": ("short,u1,p1,view,1", TOO_SHORT),
    "one_field": ("one_field", TOO_SHORT),
    "long": (f"long,u1,p1,view,1,{AT},,too much", TOO_LONG),
    "open_quote": (f'open_quote,u1,p1,view,1,{AT},"never closed', BROKEN_QUOTES),
    "after_open_quote": (f"after_open_quote,u1,p1,view,1,{AT},", None),
    "text_after_quote": (f'text_after_quote,u1,p1,view,1,{AT},"note" more', BROKEN_QUOTES),
    "quoted_line_break": (f'quoted_line_break,u1,p1,view,1,{AT},"one\ntwo"', None),
    "commas_only": (",,,,,,", MISSING_ID),
    "not_utf8": (b"not_utf8,u1,p1,view,1,2024-02-10 10:00:00,caf\xe9", NOT_UTF8),
    "cut_utf8": (b"cut_utf8,u1,p1,view,1,2024-02-10 10:00:00,caf\xc3", NOT_UTF8),
    "over_2_mb": (b"over_2_mb," + b"x" * 2_100_000, OVER_2_MB),
    "over_32_mb": (b"over_32_mb," + b"y" * 40_000_000, OVER_2_MB),
    "nul": ("nul,u1,p1,view,1\x00,2024-02-10 10:00:00,a\x00b", None),
    # --- odd, but well formed
    "quoted": (f'"quoted","u1",p1,"view","7.5","{AT}","a, ""b"", c"', None),
    "quote_inside": (f'quote_inside,u1,p1,view,1,{AT},5" screen', None),
    "blanks_around": (f"  blanks_around , u1 ,p1  , like ,, {AT} ,", None),
    "not_ascii": (f"not_ascii,u日本,pé,view,1,{AT},Ünïcode", None),
    "under_2_mb": (f"under_2_mb,u1,p1,view,1,{AT}," + "z" * 1_900_000, None),
    # --- ids
    "no_user": (f"no_user,,p1,view,1,{AT},", MISSING_ID),
    "blank_user": (f"blank_user,   ,p1,view,1,{AT},", MISSING_ID),
    "quoted_no_ping": (f'quoted_no_ping,u1,"",view,1,{AT},', MISSING_ID),
    "no_id_first": ("no_id_first,,p1,stare,-1,never,", MISSING_ID),
    # --- event types
    "unknown_type": (f"unknown_type,u1,p1,stare,1,{AT},", UNKNOWN_TYPE),
    "no_type": (f"no_type,u1,p1,,1,{AT},", UNKNOWN_TYPE),
    "type_second": ("type_second,u1,p1,stare,-1,never,", UNKNOWN_TYPE),
    # --- timestamps
    "no_time": ("no_time,u1,p1,view,1,,", BAD_TIMESTAMP),
    "time_third": ("time_third,u1,p1,view,-1,never,", BAD_TIMESTAMP),
    **{
        f"time_{number}": (f"time_{number},u1,p1,view,1,{text},", BAD_TIMESTAMP)
        for number, text in enumerate(
            [
                *("yesterday", "2024-02-30 10:00:00", "2024-13-01", "13/02/2024", "170755920"),
                *("2024-02-10 25:00:00", "infinity", "epoch", "24-02-10 10:00:00", "now"),
                *("2024-02-10 10:00:00 Europe/Berlin", "2024-02-10 (BC)", "9999-12-31"),
            ]
        )
    },
    # --- watch times
    "negative": (f"negative,u1,p1,view,-1,{AT},", BAD_WATCH_TIME),
    "slightly_negative": (f"slightly_negative,u1,p1,view,-0.001,{AT},", BAD_WATCH_TIME),
    **{
        f"watch_{text}": (f"watch_{text},u1,p1,view,{text},{AT},", BAD_WATCH_TIME)
        for text in ("inf", "-inf", "Infinity", "nan", "1e999")
    },
    **{
        f"nulled_{number}": (f'nulled_{number},u1,p1,view,"{text}",{AT},', None)
        for number, text in enumerate(["abc", "1,5", "12s", "--3", "0x10"])
    },
    "no_watch": (f"no_watch,u1,p1,view,,{AT},", None),
    # --- as_of wins over whatever else is wrong, but a line that cannot be split has no time
    "later": ("later,u1,p1,view,1,2024-03-01 00:00:00,", "after_as_of"),
    "later_and_bad": ("later_and_bad,,p1,stare,-1,2024-03-01T02:00:00+02:00,", "after_as_of"),
    "just_before": ("just_before,u1,p1,view,1,2024-02-29 23:59:59.999999,", None),
    "later_but_short": ("2024-03-02 00:00:00,u1", TOO_SHORT),
    # --- repeats: the earliest of one event_id, then the first by its line
    "twice": (f"twice,u1,p1,view,1,{AT},", None),
    "twice_again": (f"twice,u1,p1,view,1,{AT},", DUPLICATE),
    "reused": (f"reused,u9,p9,like,,{AT},", None),
    "reused_later": ("reused,u1,p1,view,3,2024-02-10 10:00:01,", DUPLICATE),
    "bad_then_good": ("bad_then_good,u1,p1,view,-3,2024-02-10 09:00:00,", BAD_WATCH_TIME),
    "good_after_bad": (f"bad_then_good,u1,p1,view,3,{AT},", None),
    "same_moment_last": (f"same_moment,u1,p1,view,2,{AT},", DUPLICATE),
    "same_moment": (f" same_moment,u9,p9,like,,{AT},", None),
    # what is after as_of is told apart from what is before it, and is one event, too
    "again_later": ("again_later,u1,p1,view,1,2024-02-20 00:00:00,", None),
    "again_then": ("again_later,u1,p-later,view,1,2024-03-02 00:00:00,", "after_as_of"),
    "again_then_twice": ("again_later,u1,p-later,view,1,2024-03-02 00:00:01,", "after_as_of"),
}

# every way to write the same moment, and what it is in UTC
MOMENTS = {
    "plain": ("2024-02-10 10:00:00", "2024-02-10 10:00:00"),
    "T": ("2024-02-10T10:00:00", "2024-02-10 10:00:00"),
    "Z": ("2024-02-10T10:00:00Z", "2024-02-10 10:00:00"),
    "UTC": ("2024-02-10 10:00:00 UTC", "2024-02-10 10:00:00"),
    "fraction": ("2024-02-10 10:00:00.123456", "2024-02-10 10:00:00.123456"),
    "no_seconds": ("2024-02-10 10:00", "2024-02-10 10:00:00"),
    "date": ("2024-02-10", "2024-02-10 00:00:00"),
    "ahead": ("2024-02-10T10:00:00+02:00", "2024-02-10 08:00:00"),
    "ahead_compact": ("2024-02-10T10:00:00+0200", "2024-02-10 08:00:00"),
    "ahead_short": ("2024-02-10 10:00:00+02", "2024-02-10 08:00:00"),
    "ahead_spaced": ("2024-02-10 10:00:00 +02:00", "2024-02-10 08:00:00"),
    "ahead_half": ("2024-02-10T10:00:00.5+05:30", "2024-02-10 04:30:00.5"),
    "behind": ("2024-02-10T23:30:00-05:00", "2024-02-11 04:30:00"),
    "to_the_second": ("2024-02-10 10:00:00-05:30:15", "2024-02-10 15:30:15"),
    "no_seconds_Z": ("2024-02-10T10:00Z", "2024-02-10 10:00:00"),
    "no_seconds_ahead": ("2024-02-10T10:00+02:00", "2024-02-10 08:00:00"),
    "into_february": ("2024-03-01T00:30:00+01:00", "2024-02-29 23:30:00"),
}


def kept_text(line: bytes | str) -> str:
    """The raw row that is kept of a line: what is not UTF-8 in it becomes question marks."""
    if isinstance(line, str):
        return line
    if len(line) > 2_000_000:
        return line[:KEPT_OF_TOO_LONG].decode()
    return re.sub("\ufffd", "?", line.decode("utf-8", errors="replace"))


def is_utf8(line: bytes) -> bool:
    return "\ufffd" not in line.decode(errors="replace")


def noise(n_lines: int) -> list[bytes]:
    """Lines of random bytes, rich in commas, quotes and broken UTF-8; each begins with a tilde."""
    rng = np.random.default_rng(20_240_213)
    alphabet = np.frombuffer(b',,,,""" ab1-\xc3\xa9\xff\x00\x01\x7f;\t', dtype=np.uint8)
    return [
        b"~" + alphabet[rng.integers(len(alphabet), size=rng.integers(60))].tobytes()
        for _ in range(n_lines)
    ]


NOISE = noise(5_000)


def write_csv_folder(folder: Path) -> Expected:
    expected = Expected()

    def file(name: str, content: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)

    # --- a byte order mark, a header in odd spelling, CRLF, blank lines, no newline at the end
    users: list[tuple[str, str | None]] = [
        ("u1,NG,2024-02-01,30", DUPLICATE),
        ("u1,ZA,2024-02-02,31", DUPLICATE),
        ("u2,NG,soon,old", None),
        ("u3,NG,2024-02-01T23:30:00-02:00,inf", None),
        (" u4 ,,,", None),
        (",NG,2024-02-01,30", MISSING_ID),
        ("  ,NG,2024-02-01,30", MISSING_ID),
        ("u5,NG", TOO_SHORT),
        ("u5,NG,2024-02-01,30,extra", TOO_LONG),
        ('u5,"NG,2024-02-01,30', BROKEN_QUOTES),
        ("u6,NG,2024-03-01,30", "after_as_of"),
        ("u6,NG,2024-02-29T23:59:59,44.9", None),
        ('"u,7","Côte d\'Ivoire, ""CI""",2024-02-01,"30"', None),
        ("u1,ZA,2024-02-02,31", None),
    ]
    for line, outcome in users:
        expected.add("users", outcome, line)
    lines = ["", *(line for line, _ in users[:5]), "   ", "", *(line for line, _ in users[5:])]
    text = "\r\n".join(["\ufeff OUSER_ID ,Country,\toSignup_Date , AGE", *lines])
    file("users.csv", text.encode())

    # --- gzip, the other aliases
    pings: list[tuple[str, str | None]] = [
        ("p1,c1,tag,dance,30,2024-02-01 10:00:00", DUPLICATE),
        ("p1,c2,tag,food,60,2024-02-02 10:00:00", None),
        ("p2,c1,tag,dance,abc,never", None),
        ("p3,c1,tag,dance,inf,2024-02-01T10:00:00+02:00", None),
        ("p4,c1,tag,dance,-5,", None),
        ("p5,c1,tag,dance,0,2024-02-01 10:00:00", None),
        ("p6,,,,,", None),
        (",c1,tag,dance,30,2024-02-01 10:00:00", MISSING_ID),
        ("p7,c1,tag,dance,30", TOO_SHORT),
        ("p8,c1,tag,dance,50,2024-03-01T00:00:00Z", "after_as_of"),
    ]
    for line, outcome in pings:
        expected.add("pings", outcome, line)
    header = "oping_id,ocreator_id,omain_hashtag,ocategory,oduration_sec,ocreated_at"
    file("pings.csv.gz", "\n".join([header, *(line for line, _ in pings), ""]).encode())

    # --- the malformed lines, each beside a good one
    for line, outcome in LINES.values():
        expected.add("interactions", outcome, kept_text(line))
    body = [line if isinstance(line, bytes) else line.encode() for line, _ in LINES.values()]
    blanks = [b"", b"   ", b" \t ", b""]
    columns = b"event_id,user_id,ping_id,event_type,watch_time_sec,event_timestamp,note"
    file("interactions/lines.csv", b"\n".join([columns, *blanks[:2], *body, *blanks[2:]]))

    # --- one line in two files: the one in the first path counts
    expected.add("interactions", DUPLICATE, str(LINES["good"][0]))
    file("interactions/again.csv", b"\n".join([columns, body[0]]))

    # --- aliases in another order, columns missing, CRLF, gzip, a folder deeper
    expected.add("interactions", None, "", times=len(MOMENTS))
    rows = [f"{text},p-{name},u1,like" for name, (text, _) in MOMENTS.items()]
    text = "\r\n".join([' Event_Timestamp,OPING_ID ,"oUser_Id",EVENT_TYPE', *rows, ""])
    file("interactions/2024/moments.csv.gz", text.encode())

    # --- repeats without an event_id, spelled differently; both names of an id in one header
    rows = [
        "u1,p1,,view,5,2024-02-10 11:00:00",
        "u1,p1,p2,view,5.0,2024-02-10 12:00:00+01:00",
        "u1,p1,p2,view,5.0,2024-02-10 12:00:00+01:00",
        "u1,p1,,view,6,2024-02-10 11:00:00",
        "u1,p2,,view,5,2024-02-10 11:00:00",
        "u1,p1,,view,,2024-02-10 11:00:00",
        "u1,,p3,view,5,2024-02-10 11:00:00",
    ]
    for row in [rows[0], *rows[3:]]:
        expected.add("interactions", None, row)
    for row in rows[1:3]:
        expected.add("interactions", DUPLICATE, row)
    header = "user_id,ping_id,content_id,event_type,watch_time_sec,event_timestamp"
    file("interactions/2024/repeats.csv", "\n".join([header, *rows]).encode())

    # --- no timestamps at all; a header alone; noise; Parquet beside it; what is not data
    for row in ("u1,p1,like", "u2,p1,like"):
        expected.add("interactions", BAD_TIMESTAMP, row)
    file("interactions/no_time.csv", b"user_id,content_id,event_type\nu1,p1,like\nu2,p1,like\n")
    file("interactions/header_only.csv", b"user_id,ping_id,event_type")
    # so many columns that no two lines are one row with a line break inside quotes
    header = b"user_id,ping_id,event_type," + b",".join(b"c%d" % place for place in range(40))
    file("interactions/noise.csv", b"\n".join([header, *NOISE]))
    expected.raw_rows["interactions"] += len(NOISE)
    table = pa.table({"content_id": ["p1", None], "ouser_id": [1, 2], "event_type": ["like"] * 2})
    table = table.append_column("event_timestamp", pa.array([datetime(2024, 2, 11)] * 2))
    pq.write_table(table, folder / "interactions/2024/part.parquet")
    expected.add("interactions", None, "")
    expected.add("interactions", MISSING_ID, ",2,like,2024-02-11 00:00:00")
    not_data = ("_temporary/part.csv", ".part.csv.crc", "_SUCCESS", "readme.txt", "a/.b/c.csv")
    for name in not_data:
        file(f"interactions/{name}", b"not,a,row\n" * 3)
    file("unrelated.csv", b"nothing\n")
    return expected


@pytest.fixture(scope="module")
def csv(random_warehouse: Warehouse) -> Built:
    random_warehouse.clear_raw()
    return build_intake(random_warehouse, write_csv_folder(random_warehouse.raw))


def test_csv_every_row_is_accounted_for(csv: Built) -> None:
    assert_every_row_is_accounted_for(csv)


def test_csv_rejected_rows_are_as_they_came(csv: Built) -> None:
    assert_rejected_rows_are_as_they_came(csv)


def test_csv_noise_is_rejected_line_by_line(csv: Built) -> None:
    rejected = csv.tables["rejected_rows"]
    kept = Counter(rejected.loc[rejected["raw_row"].str.startswith("~"), "raw_row"])
    assert kept.total() == len(NOISE)
    readable = Counter(line.decode() for line in NOISE if is_utf8(line))
    assert readable.total() > 500
    assert not readable - kept


@pytest.mark.parametrize("name", [name for name, (_, outcome) in LINES.items() if outcome])
def test_bad_line_is_rejected_alone(csv: Built, name: str) -> None:
    line, outcome = LINES[name]
    rejected = csv.tables["rejected_rows"]
    reasons = rejected.loc[rejected["raw_row"] == kept_text(line), "reject_reason"].tolist()
    assert reasons == ([] if outcome == "after_as_of" else [outcome])
    if outcome not in (DUPLICATE, BAD_WATCH_TIME):  # an event_id may be another row's too
        assert name not in set(csv.tables["interactions"]["event_id"])


@pytest.mark.parametrize("name", [name for name, (_, outcome) in LINES.items() if not outcome])
def test_line_beside_bad_ones_is_kept(csv: Built, name: str) -> None:
    event = csv.event({"good_after_bad": "bad_then_good"}.get(name, name))
    wanted: dict[str, Any] = {"user_id": "u1", "ping_id": "p1", "event_type": "view"}
    like = {"user_id": "u9", "ping_id": "p9", "event_type": "like"}
    wanted |= {
        "blanks_around": {"event_type": "like"},
        "not_ascii": {"user_id": "u日本", "ping_id": "pé"},
        "reused": like,
        "same_moment": like,
    }.get(name, {})
    assert event[list(wanted)].to_dict() == wanted
    watch_time = {"good": 7.5, "quoted": 7.5, "good_after_bad": 3.0}.get(name, 1.0)
    without_watch_time = ("no_watch", "reused", "same_moment", "blanks_around", "nul")
    if name.startswith("nulled_") or name in without_watch_time:
        assert pd.isna(event["watch_time_sec"])
        assert event["watch_time_ratio"] == 0 or event["event_type"] == "like"
    else:
        assert event["watch_time_sec"] == watch_time


@pytest.mark.parametrize("name", MOMENTS)
def test_timestamp_is_read_as_utc(csv: Built, name: str) -> None:
    events = csv.tables["interactions"]
    read = events.loc[events["ping_id"] == f"p-{name}", "event_timestamp"].tolist()
    assert read == [pd.Timestamp(MOMENTS[name][1])]


def test_csv_values_that_are_not_vital_are_nulled_and_counted(csv: Built) -> None:
    assert csv.nulled("users", "signup_date") == 1
    assert csv.nulled("users", "age") == 2
    assert csv.nulled("pings", "duration_sec") == 2
    assert csv.nulled("pings", "created_at") == 1
    assert csv.nulled("interactions", "watch_time_sec") == 6  # a number with a NUL is none


def test_csv_last_row_of_an_id_is_kept(csv: Built) -> None:
    assert csv.row("users", "u1")["country"] == "ZA"
    assert csv.row("pings", "p1")["creator_id"] == "c2"


def test_csv_users_are_typed(csv: Built) -> None:
    assert csv.row("users", "u1")["signup_date"] == pd.Timestamp(2024, 2, 2)
    assert csv.row("users", "u3")["signup_date"] == pd.Timestamp(2024, 2, 2)
    assert pd.isna(csv.row("users", "u4")["country"])
    assert csv.row("users", "u6")["age"] == 44
    assert csv.row("users", "u,7")["country"] == 'Côte d\'Ivoire, "CI"'


def test_csv_unusable_durations_become_the_median(csv: Built) -> None:
    pings = csv.tables["pings"].set_index("ping_id")
    assert pings["duration_sec"].tolist() == [60.0] * 6
    assert pings.index[pings["is_duration_known"]].tolist() == ["p1"]
    assert pings.loc["p3", "created_at"] == pd.Timestamp(2024, 2, 1, 8)


def test_csv_repeats_without_event_id(csv: Built) -> None:
    events = csv.tables["interactions"]
    at = events["event_timestamp"] == pd.Timestamp(2024, 2, 10, 11)
    found = events[at & events["event_id"].isna()].sort_values(["ping_id", "watch_time_sec"])
    values = found[["ping_id", "watch_time_sec"]].astype("object").where(lambda part: part.notna())
    assert [tuple(row) for row in values.fillna("none").to_numpy()] == [
        ("p1", 5.0),
        ("p1", 6.0),
        ("p1", "none"),
        ("p2", 5.0),
        ("p3", 5.0),
    ]


def test_csv_events_after_as_of_are_one_where_they_are_repeated(csv: Built) -> None:
    later = csv.tables["holdout_interactions"]
    found = later.loc[later["ping_id"] == "p-later", "event_timestamp"].tolist()
    assert found == [pd.Timestamp(2024, 3, 2)]


def test_each_file_says_what_became_of_its_rows(csv: Built) -> None:
    files = csv.tables["intake_files"]
    assert files["batch_number"].unique().tolist() == [1]
    outcomes = ["accepted", "rejected", "after_as_of"]
    assert (files[outcomes].sum(axis="columns") == files["rows"]).all()
    by_table = files.groupby("source_table")[["rows", "accepted", "after_as_of"]].sum()
    wanted = {"rows": csv.expected.raw_rows, "accepted": csv.expected.accepted}
    wanted["after_as_of"] = csv.expected.after_as_of
    for outcome, counts in wanted.items():
        assert by_table[outcome].to_dict() == {table: counts[table] for table in RAW_TABLES}
    by_name = files.set_index(files["path"].str.rsplit("/", n=1).str[1])
    assert by_name.loc["again.csv", ["rows", "accepted"]].tolist() == [1, 1]
    assert by_name.loc["header_only.csv", ["rows", "bytes"]].tolist() == [0, 26]
    assert by_name.loc["noise.csv", ["rows", "rejected"]].tolist() == [len(NOISE)] * 2


# --- typed Parquet --------------------------------------------------------------------------------
def write_parquet_folder(folder: Path) -> Expected:
    expected = Expected()

    def file(name: str, columns: dict[str, pa.Array]) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)

    file(
        "users.parquet",
        {
            " User_ID ": pa.array([1, 2, 2, None, 9_007_199_254_740_993, 5], pa.int64()),
            "signup_date": pa.array(
                [date(2024, 2, 1), date(2024, 2, 2), None, None, None, date(2024, 3, 1)]
            ),
            "age": pa.array([Decimal("30.50"), None, None, None, None, None], pa.decimal128(5, 2)),
            'odd "name"': pa.array(['a "b"', "c, d", "two", "e\nf", None, None]),
        },
    )
    expected.add("users", None, "", times=3)
    expected.add("users", DUPLICATE, '2,2024-02-02,,"c, d"')
    expected.add("users", MISSING_ID, ',,,"e\nf"')
    expected.add("users", "after_as_of", "")

    file(
        "pings.parquet",
        {
            "content_id": pa.array([1.0, 2.0, None, float("nan"), 2.5], pa.float64()),
            "publisher": pa.array([7, 7, 8, 8, 8], pa.int32()),
            "topic": pa.array(["dance"] * 5),
            "duration_sec": pa.array([Decimal("12.50"), None, None, None, Decimal("-1")]),
            "created_at": pa.array([datetime(2024, 2, 1, 10)] * 5, pa.timestamp("ms")),
        },
    )
    expected.add("pings", None, "", times=3)
    expected.add("pings", MISSING_ID, ",8,dance,,2024-02-01 10:00:00")
    expected.add("pings", MISSING_ID, "nan,8,dance,,2024-02-01 10:00:00")

    # an instant with a zone, whole numbers as ids, watch times that are no numbers
    berlin_noon = datetime(2024, 2, 10, 11, tzinfo=UTC)
    watch_times = [2.0, None, float("nan"), float("inf"), -1.0]
    file(
        "interactions/instants.parquet",
        {
            "event_id": pa.array([f"instant{number}" for number in range(5)]),
            "user_id": pa.array([1, 2, 1, 1, 9_007_199_254_740_993], pa.int64()),
            "ping_id": pa.array([1, 2, 1, 1, 1], pa.uint16()),
            "event_type": pa.array(["view"] * 5).dictionary_encode(),
            "watch_time_sec": pa.array(watch_times, pa.float32()),
            "event_timestamp": pa.array([berlin_noon] * 5, pa.timestamp("us", tz="Europe/Berlin")),
            "seen": pa.array([[berlin_noon]] * 5, pa.list_(pa.timestamp("us", tz="UTC"))),
        },
    )
    expected.add("interactions", None, "", times=2)
    noon = "2024-02-10 11:00:00+00"
    for place, value in ((2, "nan"), (3, "inf")):
        row = f"instant{place},1,1,view,{value},{noon},{noon}"
        expected.add("interactions", BAD_WATCH_TIME, row)
    row = f"instant4,9007199254740993,1,view,-1.0,{noon},{noon}"
    expected.add("interactions", BAD_WATCH_TIME, row)

    # ids that one missing value has turned into doubles; nanoseconds
    file(
        "interactions/doubles.parquet",
        {
            "event_id": pa.array(["double0", "double1", "double2"]),
            "user_id": pa.array([1.0, None, float("nan")], pa.float64()),
            "ping_id": pa.array([Decimal("2.00")] * 3, pa.decimal128(9, 2)),
            "event_type": pa.array(["like"] * 3),
            "event_timestamp": pa.array([datetime(2024, 2, 10, 10)] * 3, pa.timestamp("ns")),
        },
    )
    expected.add("interactions", None, "")
    expected.add("interactions", MISSING_ID, "double1,,2.00,like,2024-02-10 10:00:00")
    expected.add("interactions", MISSING_ID, "double2,nan,2.00,like,2024-02-10 10:00:00")

    # dates, whole and decimal watch times, a column of lists that nobody asked for
    file(
        "interactions/dates.parquet",
        {
            "event_id": pa.array(["date0", "date1", "date2"]),
            "user_id": pa.array(["1", " 2 ", " "]),
            "ping_id": pa.array(["1", "1", "1"]),
            "event_type": pa.array(["view"] * 3),
            "watch_time_sec": pa.array([Decimal("6.25"), Decimal("0"), None]),
            "event_timestamp": pa.array([date(2024, 2, 10), date(2024, 3, 1), date(2024, 2, 10)]),
            "tags": pa.array([["a", "b"], [], None]),
        },
    )
    expected.add("interactions", None, "")
    expected.add("interactions", "after_as_of", "")
    expected.add("interactions", MISSING_ID, "date2, ,1,view,,2024-02-10,")

    # texts in every column; then numbers where a timestamp should be
    file(
        "interactions/texts.parquet",
        {
            "event_id": pa.array(["text0", "text1", "text2"]),
            "user_id": pa.array(["1"] * 3),
            "ping_id": pa.array(["1"] * 3),
            "event_type": pa.array(["view"] * 3),
            "watch_time_sec": pa.array(["3", "abc", "-inf"]),
            "event_timestamp": pa.array(
                ["2024-02-10T10:00:00+02:00", "2024-02-10 10:00:00", "2024-02-10 10:00:00"]
            ),
        },
    )
    expected.add("interactions", None, "", times=2)
    row = "text2,1,1,view,-inf,2024-02-10 10:00:00"
    expected.add("interactions", BAD_WATCH_TIME, row)
    file(
        "interactions/epochs.parquet",
        {
            "ouser_id": pa.array([1], pa.int8()),
            "oping_id": pa.array([1], pa.int8()),
            "event_type": pa.array(["view"]),
            "event_timestamp": pa.array([1_707_559_200], pa.int64()),
        },
    )
    expected.add("interactions", None, "1,1,view,1707559200")
    return expected


@pytest.fixture(scope="module")
def parquet(random_warehouse: Warehouse) -> Built:
    """Built where clocks show another time: no text of a moment depends on the machine's zone."""
    random_warehouse.clear_raw()
    expected = write_parquet_folder(random_warehouse.raw)
    return build_intake(random_warehouse, expected, "Asia/Kathmandu")


def test_parquet_every_row_is_accounted_for(parquet: Built) -> None:
    assert_every_row_is_accounted_for(parquet)


def test_parquet_rejected_rows_are_as_they_came(parquet: Built) -> None:
    assert_rejected_rows_are_as_they_came(parquet)


def test_parquet_ids_are_the_same_text_whatever_their_type(parquet: Built) -> None:
    assert set(parquet.tables["users"]["user_id"]) == {"1", "2", "9007199254740993"}
    assert set(parquet.tables["pings"]["ping_id"]) == {"1", "2", "2.5"}
    assert set(parquet.tables["pings"]["creator_id"]) == {"7", "8"}
    events = parquet.tables["interactions"]
    assert set(events["user_id"]) <= set(parquet.tables["users"]["user_id"])
    assert set(events["ping_id"]) <= set(parquet.tables["pings"]["ping_id"])
    assert parquet.event("double0")[["user_id", "ping_id"]].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("event_id", "moment", "watch_time"),
    [
        ("instant0", "2024-02-10 11:00:00", 2.0),
        ("instant1", "2024-02-10 11:00:00", None),
        ("double0", "2024-02-10 10:00:00", None),
        ("date0", "2024-02-10 00:00:00", 6.25),
        ("text0", "2024-02-10 08:00:00", 3.0),
        ("text1", "2024-02-10 10:00:00", None),
    ],
)
def test_parquet_events_are_typed(
    parquet: Built, event_id: str, moment: str, watch_time: float | None
) -> None:
    event = parquet.event(event_id)
    assert event["event_timestamp"] == pd.Timestamp(moment)
    read = event["watch_time_sec"]
    assert pd.isna(read) if watch_time is None else read == watch_time


def test_parquet_users_and_pings_are_typed(parquet: Built) -> None:
    user = parquet.row("users", "1")
    assert (user["signup_date"], user["age"]) == (pd.Timestamp(2024, 2, 1), 30)
    assert parquet.tables["users"]["country"].isna().all()
    ping = parquet.row("pings", "1")
    assert (ping["duration_sec"], ping["created_at"]) == (12.5, pd.Timestamp(2024, 2, 1, 10))
    assert parquet.row("pings", "2.5")["duration_sec"] == 12.5
    assert parquet.tables["pings"]["main_hashtag"].isna().all()


# --- what stops a run -----------------------------------------------------------------------------
USERS = "user_id,country,signup_date,age\nu1,NG,2024-02-01,30\n"
PINGS = "ping_id,category,duration_sec\np1,dance,30\n"
EVENTS = f"user_id,ping_id,event_type,event_timestamp\nu1,p1,like,{AT}\n"
ZSTD = zstandard.ZstdCompressor()
LONG_EVENTS = EVENTS.encode() + b"".join(
    b"u%d,p%d,like,2024-02-10 10:00:00\n" % (number, number * 7919 % 1009)
    for number in range(5_000)
)
GOOD = {"users.csv": USERS, "pings.csv": PINGS, "interactions.csv": EVENTS}
VARIABLES = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
WEIGHTS = (PROJECT / "seeds" / "event_weights.csv").read_text()


@dataclass(frozen=True)
class Stop:
    """A run that must stop, and the sentence it stops with; {raw} stands for its raw folder."""

    sentence: str
    files: dict[str, str | bytes | None] = field(default_factory=dict)  # None: not there
    variables: dict[str, Any] | str | None = None
    weights: str = WEIGHTS
    location: str = "{raw}"
    flags: tuple[str, ...] = ()


def bad_variable(name: str, problem: str) -> str:
    return f"The variable {name} must be {problem}: correct it in dbt_project.yml or in --vars."


def bad_weights(problem: str) -> str:
    return f"In seeds/event_weights.csv, {problem}: correct it there."


USER_HEADER = "let its first line be a header such as user_id,country,signup_date,age,"
USER_HEADER += "region,blocklist,updated_at,loaded_at."
UNREADABLE_HEADER = (
    "begins with a line that is not UTF-8 text or is longer than 2 MB: save the file as CSV in "
    "UTF-8, or name its encoding in mapping.yml; let it have a header such as "
    "user_id,country,signup_date,age,region,blocklist,updated_at,loaded_at."
)
NO_PARQUET = (
    "cannot be read as Parquet (it is damaged, incomplete or something else): write or copy it "
    "again, or take it away."
)


def mapping_of(problem: str, where: str = "") -> str:
    return f"The variable raw_mapping{where} {problem}: correct the mapping (docs/intake.md)."


def mapped(source: dict[str, Any], path: str | None = "interactions.csv") -> dict[str, Any]:
    """A variable that maps the interactions."""
    given = {"path": path} if path else {}
    return {"raw_mapping": {"interactions": [given | source]}}


def parquet_bytes(columns: dict[str, list[Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


NAME_IT = (
    "rename the column, correct the header, or name the column in mapping.yml (docs/intake.md)."
)

ZONES = [
    row[0] for row in duckdb.sql("select name from pg_timezone_names() order by name").fetchall()
]
STOPS = {
    # --- the mapping
    "mapping_unknown_table": Stop(
        mapping_of(
            "has the table 'user', which is not known: did you mean users? There are users, "
            "pings, interactions, exposures, topic_affinities, experiment_assignments, experiments"
        ),
        variables={"raw_mapping": {"user": []}},
    ),
    "mapping_unknown_column": Stop(
        mapping_of(
            "has the column 'watch_time', which is not known: did you mean watch_time_sec? "
            "There are event_id, user_id, ouser_id, ping_id, oping_id, content_id, event_type, "
            "watch_time_sec, event_timestamp, loaded_at, ingested_at, received_at, "
            "collector_tstamp",
            ", source 1 of interactions",
        ),
        variables=mapped({"columns": {"watch_time": "play"}}),
    ),
    "mapping_unknown_unit": Stop(
        mapping_of(
            "has the unit 'msec', which is not known: did you mean ms or s? There are ms, s, min",
            ", source 1 of interactions, column watch_time_sec",
        ),
        variables=mapped({"columns": {"watch_time_sec": {"column": "play", "unit": "msec"}}}),
    ),
    "mapping_column_that_is_not_there": Stop(
        "{raw}/interactions.csv has no column 'users_id', which the mapping has for user_id: did "
        "you mean user_id? There are user_id, ping_id, event_type, event_timestamp: correct the "
        "mapping (docs/intake.md).",
        variables=mapped({"columns": {"user_id": "users_id"}}),
    ),
    "mapping_path_that_is_not_there": Stop(
        "The mapping has the path 'interaction.csv' for interactions, which no file in {raw} has: "
        "did you mean interactions.csv? There are interactions.csv, pings.csv, users.csv: correct "
        "the mapping (docs/intake.md).",
        variables=mapped({"path": "interaction.csv"}),
    ),
    "mapping_table_that_is_not_there": Stop(
        "The mapping has the table 'app.plays' for interactions, which is not in the database: "
        "correct the mapping (docs/intake.md).",
        variables=mapped({"table": "app.plays"}, path=None),
    ),
    "mapping_table_twice": Stop(
        "The mapping has two sources of interactions that are the table 'main.rejected_rows': "
        "correct the mapping (docs/intake.md).",
        variables={"raw_mapping": {"interactions": [{"table": "main.rejected_rows"}] * 2}},
    ),
    # --- files
    "missing_users": Stop(
        "The raw location '{raw}' holds no users: put users.parquet, users.csv or users.jsonl "
        "there, name another file in mapping.yml, or correct PINGTOP_RAW_LOCATION (or the variable "
        "raw_location).",
        {"users.csv": None},
    ),
    "missing_interactions": Stop(
        "The raw location '{raw}' holds neither interactions nor exposures: put "
        "interactions.parquet, interactions.csv or interactions.jsonl (or a folder interactions/ "
        "of such files) there, or the same of exposures, name other files in mapping.yml, or "
        "correct PINGTOP_RAW_LOCATION (or the variable raw_location).",
        {"interactions.csv": None, "interactions/part.txt": EVENTS},
    ),
    "missing_folder": Stop(
        "The raw location '{raw}' is not a folder with files, nor a file: correct "
        "PINGTOP_RAW_LOCATION (or the variable raw_location).",
        dict.fromkeys(GOOD),
    ),
    "missing_database": Stop(
        "The raw location 'duckdb:///{raw}/app.duckdb' is not there: correct PINGTOP_RAW_LOCATION "
        "(or the variable raw_location).",
        location="duckdb:///{raw}/app.duckdb",
    ),
    "sqlite_without_its_extension": Stop(
        "The raw location 'sqlite:///{raw}/app.db' is a SQLite file, which DuckDB reads with its "
        "extension sqlite_scanner, and that is not installed here: install it (install "
        "sqlite_scanner), or export the tables to Parquet or CSV.",
        {"app.db": b"SQLite format 3\0"},
        location="sqlite:///{raw}/app.db",
    ),
    "table_twice": Stop(
        "The raw location '{raw}' holds the users more than once ({raw}/users.csv, "
        "{raw}/users.parquet): keep one of them, or name all in mapping.yml.",
        {"users.parquet": b"never read"},
    ),
    "file_and_folder": Stop(
        "The raw location '{raw}' holds the interactions more than once ({raw}/interactions.csv, "
        "{raw}/interactions/1.csv): keep one of them, or name all in mapping.yml.",
        {"interactions/1.csv": EVENTS},
    ),
    "exposures_twice": Stop(
        "The raw location '{raw}' holds the exposures more than once ({raw}/exposures.csv.gz, "
        "{raw}/exposures/1.csv): keep one of them, or name all in mapping.yml.",
        {"exposures.csv.gz": b"never read", "exposures/1.csv": "user_id,ping_id\nu1,p1\n"},
    ),
    "exposures_without_ping_id": Stop(
        "{raw}/exposures/2.csv has no column ping_id or oping_id or content_id (its columns: "
        "user_id, click): " + NAME_IT,
        {
            "interactions.csv": None,
            "exposures/1.csv": "user_id,ping_id\nu1,p1\n",
            "exposures/2.csv": "user_id,click\nu1,1\n",
        },
    ),
    "corrupt_exposures": Stop(
        "{raw}/exposures.parquet " + NO_PARQUET, {"exposures.parquet": b"PAR1 but not really"}
    ),
    "empty_file": Stop("{raw}/users.csv is empty: " + USER_HEADER, {"users.csv": ""}),
    "blank_first_line": Stop(
        "{raw}/users.csv begins with a blank line: " + USER_HEADER, {"users.csv": "\n" + USERS}
    ),
    "broken_header": Stop(
        "{raw}/users.csv has a header with broken quotes: " + USER_HEADER,
        {"users.csv": USERS.replace("age", '"age')},
    ),
    "column_twice": Stop(
        "{raw}/users.csv has 2 columns 'country', of which one is to be read: rename or remove the "
        "others.",
        {"users.csv": USERS.replace("age", "country")},
    ),
    "mapped_column_twice": Stop(
        "{raw}/interactions.csv has 2 columns 'play', of which one is to be read: rename or remove "
        "the others.",
        {"interactions.csv": EVENTS.replace("event_timestamp", "event_timestamp,play,play")},
        variables=mapped({"columns": {"watch_time_sec": "play"}}),
    ),
    "affinity_column_twice": Stop(
        "{raw}/users.csv has 2 columns 'tech', of which one is to be read: rename or remove the "
        "others.",
        {"users.csv": "user_id,tech,tech\nu1,0.5,0.7\n"},
        variables={
            "raw_mapping": {
                "topic_affinities": [{"path": "users.csv", "affinity_columns": {"science": "tech"}}]
            }
        },
    ),
    "header_not_utf8": Stop(
        "{raw}/users.csv " + UNREADABLE_HEADER,
        {"users.csv": USERS.replace("country", "país").encode("latin-1")},
    ),
    "utf16": Stop("{raw}/users.csv " + UNREADABLE_HEADER, {"users.csv": USERS.encode("utf-16")}),
    "no_lines": Stop("{raw}/users.csv " + UNREADABLE_HEADER, {"users.csv": "[1]," * 700_000}),
    "corrupt_parquet": Stop(
        "{raw}/users.parquet " + NO_PARQUET,
        {"users.csv": None, "users.parquet": parquet_bytes({"user_id": ["u1"]})[:-9]},
    ),
    "csv_called_parquet": Stop(
        "{raw}/interactions/2.parquet " + NO_PARQUET,
        {
            "interactions.csv": None,
            "interactions/1.csv": EVENTS,
            "interactions/2.parquet": EVENTS,
        },
    ),
    "not_gzip": Stop(
        "IO Error: Input is not a GZIP stream: {raw}/pings.csv.gz",
        {"pings.csv": None, "pings.csv.gz": PINGS},
    ),
    "all_inside_of_an_object": Stop(
        "{raw}/interactions.jsonl has no column user_id or ouser_id (its columns: event, "
        "event.user_id, event.ping_id): 'event.user_id' looks like it; if so, say it in "
        "mapping.yml (columns: {user_id: event.user_id}, docs/intake.md), or rename the column.",
        {
            "interactions.csv": None,
            "interactions.jsonl": '{"event": {"user_id": "u1", "ping_id": "p1"}}\n',
        },
    ),
    "not_zstd": Stop(
        "{raw}/pings.csv.zst is not Zstandard, or damaged: write or copy it again, or take it "
        "away.",
        {"pings.csv": None, "pings.csv.zst": PINGS},
    ),
    "cut_zstd": Stop(
        "{raw}/interactions/2.csv.zst is cut short: write or copy it again, or take it away.",
        {
            # a whole one of two frames before it
            "interactions.csv": None,
            "interactions/1.csv.zst": ZSTD.compress(LONG_EVENTS) + ZSTD.compress(b"u,p,like,\n"),
            "interactions/2.csv.zst": ZSTD.compress(LONG_EVENTS)[:-2_000],
        },
    ),
    "cut_gzip": Stop(
        "{raw}/interactions/2.csv.gz is cut short (it holds less than its end says): write or copy "
        "it again, or take it away.",
        {
            "interactions.csv": None,
            # complete ones: plain, and of two parts, as joined log files are
            "interactions/0.csv.gz": gzip.compress(EVENTS.encode()),
            "interactions/1.csv.gz": gzip.compress(LONG_EVENTS) + gzip.compress(b"u,p,like,\n"),
            "interactions/2.csv.gz": gzip.compress(LONG_EVENTS)[:-2_000],
        },
    ),
    # --- columns
    "no_user_id": Stop(
        "{raw}/users.csv has no column user_id or ouser_id (its columns: id, country): " + NAME_IT,
        {"users.csv": "id,country\nu1,NG\n"},
    ),
    "no_event_type_in_one_of_many": Stop(
        "{raw}/interactions/b/2.csv.gz has no column event_type (its columns: user_id, ping_id): "
        + NAME_IT,
        {
            "interactions.csv": None,
            "interactions/a/1.csv": EVENTS,
            "interactions/b/2.csv.gz": gzip.compress(b"user_id,ping_id\nu1,p1\n"),
        },
    ),
    "no_ping_id_in_one_parquet_of_many": Stop(
        "{raw}/interactions/2.parquet has no column ping_id or oping_id or content_id (its "
        "columns: user_id, event_type): " + NAME_IT,
        {
            "interactions.csv": None,
            "interactions/1.parquet": parquet_bytes(
                {"user_id": ["u1"], "ping_id": ["p1"], "event_type": ["like"]}
            ),
            "interactions/2.parquet": parquet_bytes({"user_id": ["u1"], "event_type": ["like"]}),
        },
    ),
    # --- variables
    "weight_of_text": Stop(
        bad_variable("weight_popularity", "a number, but is the text 'half'"),
        variables={"weight_popularity": "half"},
    ),
    "weight_of_quoted_number": Stop(
        bad_variable("weight_category", "a number, but is the text '0.25'"),
        variables={"weight_category": "0.25"},
    ),
    "weight_not_set": Stop(
        bad_variable("weight_creator", "a number, but is not set"),
        variables={"weight_creator": None},
    ),
    "weight_infinite": Stop(
        bad_variable("weight_freshness", "a finite number, but is 'inf'"),
        variables="{weight_freshness: .inf}",
    ),
    "weight_nan": Stop(
        bad_variable("weight_freshness", "a finite number, but is 'nan'"),
        variables="{weight_freshness: .nan}",
    ),
    "weight_negative": Stop(
        bad_variable("weight_popularity", "at least 0, but is '-0.5'"),
        variables={"weight_popularity": -0.5},
    ),
    "serving_too_few": Stop(
        "The variable serving_candidates is 5, fewer than top_k (10): correct it in "
        "dbt_project.yml or in --vars.",
        variables={"serving_enabled": True, "serving_candidates": 5},
    ),
    "serving_arms": Stop(
        "The variable serving_arms must give every arm heuristic or served, but is "
        "'{'a': 'gbdt'}': correct it in dbt_project.yml or in --vars.",
        variables={"serving_arms": {"a": "gbdt"}},
    ),
    "weight_true": Stop(
        bad_variable("weight_popularity", "a number, but is 'True'"),
        variables={"weight_popularity": True},
    ),
    "k_of_a_half": Stop(
        bad_variable("top_k", "a whole number, but is '2.5'"), variables={"top_k": 2.5}
    ),
    "k_of_zero": Stop(bad_variable("top_k", "at least 1, but is '0'"), variables={"top_k": 0}),
    "as_of_that_never_was": Stop(
        bad_variable(
            "as_of",
            "a UTC timestamp such as '2024-02-13' or '2024-02-13 16:00:00', but is '2024-02-30'",
        ),
        variables={"as_of": "2024-02-30"},
    ),
    "as_of_with_offset": Stop(
        bad_variable(
            "as_of",
            "a UTC timestamp such as '2024-02-13' or '2024-02-13 16:00:00', but is "
            "'2024-02-13T16:00:00+02:00'",
        ),
        variables={"as_of": "2024-02-13T16:00:00+02:00"},
    ),
    "misspelt_variable": Stop(
        "There is no variable weight_popularty: correct its name in --vars (known: "
        f"{', '.join(sorted(VARIABLES))}).",
        variables={"weight_popularty": 0.5},
    ),
    "no_rows": Stop(
        "A build with --empty would leave rows out of the tables: build without it.",
        flags=("--empty",),
    ),
    # --- the seed of weights
    "event_weight_of_text": Stop(
        bad_weights("the weight of like must be a finite number, but is 'two'"),
        weights=WEIGHTS.replace("like,2.0", "like,two"),
    ),
    "event_weight_infinite": Stop(
        bad_weights("the weight of like must be a finite number, but is 'inf'"),
        weights=WEIGHTS.replace("like,2.0", "like,inf"),
    ),
    "event_weight_missing": Stop(
        bad_weights("the weight of hide must be a finite number, but is empty"),
        weights=WEIGHTS.replace("hide,-1.0", "hide,"),
    ),
    "event_weight_twice": Stop(
        bad_weights("the event type like stands more than once"),
        weights=WEIGHTS + "like,3,event,true,\n",
    ),
    "event_weight_basis": Stop(
        bad_weights("the weight_basis of like must be event or watch_time_ratio, but is 'once'"),
        weights=WEIGHTS.replace("like,2.0,event", "like,2.0,once"),
    ),
    "event_weight_grade": Stop(
        bad_weights(
            "the relevance_grade of like must be empty or a finite number of at least 0, but is 'B'"
        ),
        weights=WEIGHTS.replace("like,2.0,event,true,2", "like,2.0,event,true,B"),
    ),
    "event_weight_short_line": Stop(
        bad_weights("the line 'save,2.0' does not have the fields of the header"),
        weights=WEIGHTS + "save,2.0\n",
    ),
    "event_weight_column": Stop(
        bad_weights("the column weight is missing"), weights=WEIGHTS.replace("weight,", "wait,", 1)
    ),
    "event_weight_blanks_in_the_header": Stop(
        bad_weights("the header has blanks beside its names"),
        weights=WEIGHTS.replace("weight,weight_basis", "weight, weight_basis", 1),
    ),
    # a file from before the column was there, with a row of its user's own
    "event_weight_without_engagements": Stop(
        "In seeds/event_weights.csv, the column is_engagement is missing: add it, true for the "
        "types that are engagements (view, like, comment, share) and false for the others.",
        weights=re.sub(r",(is_engagement|true|false),", ",", WEIGHTS) + "save,2.5,event,\n",
    ),
    "event_weight_engagement_of_text": Stop(
        bad_weights("the is_engagement of click must be true, false or empty, but is 'perhaps'"),
        weights=WEIGHTS.replace("click,1.0,event,false", "click,1.0,event,perhaps"),
    ),
    "mapping_with_a_table_twice": Stop(
        "{raw}/mapping.yml has the key 'interactions' twice in one place, of which only the last "
        "would count: correct the mapping (docs/intake.md).",
        {
            "mapping.yml": "interactions: [{path: interactions/1.csv}]\nusers: []\n"
            "interactions: [{path: interactions/2.csv}]\n"
        },
    ),
    "mapping_with_a_column_twice": Stop(
        "{raw}/mapping.yml has the key 'user_id' twice in one place, of which only the last would "
        "count: correct the mapping (docs/intake.md).",
        {
            "mapping.yml": "users:\n  - path: users.csv\n    columns: "
            "{user_id: a, age: {column: b, decimal: ','}, user_id: c}\n"
        },
    ),
    "mapping_with_two_event_types": Stop(
        "{raw}/mapping.yml, source 1 of interactions has event_type both below columns and beside "
        "them: keep one: correct the mapping (docs/intake.md).",
        {
            "mapping.yml": "interactions:\n  - path: interactions.csv\n    event_type: like\n"
            "    columns: {event_type: kind}\n"
        },
    ),
    "mapping_with_another_format": Stop(
        "{raw}/mapping.yml, source 1 of users, column signup_date has the format 'dd/MM/yyyy', "
        "which must say what stands where, such as %d/%m/%Y %H:%M:%S: correct the mapping "
        "(docs/intake.md).",
        {
            "mapping.yml": "users:\n  - path: users.csv\n    columns: "
            "{signup_date: {column: signup_date, format: dd/MM/yyyy}}\n"
        },
    ),
    "mapping_with_an_unknown_time_zone": Stop(
        "{raw}/mapping.yml, source 1 of users, column signup_date has the timezone "
        "'Europe/Berln', which is not known: did you mean Europe/Berlin or Europe/Dublin or "
        "Europe/Jersey? There are "
        f"{', '.join(ZONES[:30])} and {len(ZONES) - 30} more: correct the mapping "
        "(docs/intake.md).",
        {
            "mapping.yml": "users:\n  - path: users.csv\n    columns: "
            "{signup_date: {column: signup_date, timezone: Europe/Berln}}\n"
        },
    ),
    "mapping_with_an_unknown_directive": Stop(
        "{raw}/mapping.yml, source 1 of users, column signup_date has %Q in the format '%Q %Y', "
        "which is not known: use those of strptime, such as %d/%m/%Y %H:%M:%S: correct the mapping "
        "(docs/intake.md).",
        {
            "mapping.yml": "users:\n  - path: users.csv\n    columns: "
            "{signup_date: {column: signup_date, format: '%Q %Y'}}\n"
        },
    ),
    "event_weight_impression_as_engagement": Stop(
        bad_weights(
            "the is_engagement of impression must be false or empty: what follows an impression "
            "is one"
        ),
        weights=WEIGHTS.replace("impression,0.1,event,false", "impression,0.1,event,TRUE"),
    ),
}


@dataclass(frozen=True)
class Stopped:
    """How the runs ended, and the warehouse's tables before and after them all."""

    outcomes: dict[str, dict[str, Any]]
    folders: dict[str, Path]
    before: dict[str, Any]
    after: dict[str, Any]
    recorded: set[tuple[str]]  # how the record of runs says that they ended


def contents(database: Path) -> dict[str, Any]:
    """Rows and their combined hash of every stored table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f'select count(*), sum(hash(rows)) from "{schema}"."{table}" as rows'
            ).fetchone()
            for schema, table in names
        }


@pytest.fixture(scope="module")
def stopped(
    random_warehouse: Warehouse, parquet: Built, tmp_path_factory: pytest.TempPathFactory
) -> Stopped:
    """All runs that must stop, on the warehouse of the Parquet files."""
    before = contents(random_warehouse.database)

    base = tmp_path_factory.mktemp("stops").resolve()
    project = copied_project(base / "project")
    folders, runs = {}, []
    for name, stop in STOPS.items():
        folders[name] = base / f"{name} [a-z]* it's"  # a name that is a pattern, if not escaped
        for place, content in (GOOD | stop.files).items():
            if content is not None:
                path = folders[name] / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        arguments = ["build", "--select", "stg_event_weights"]
        if stop.variables is not None:
            text = stop.variables if isinstance(stop.variables, str) else json.dumps(stop.variables)
            arguments += ["--vars", text]
        runs.append(
            {
                "arguments": [*arguments, *stop.flags],
                "environment": {
                    "PINGTOP_RAW_LOCATION": stop.location.replace("{raw}", str(folders[name]))
                },
                "files": {str(project / "seeds" / "event_weights.csv"): stop.weights},
            }
        )
    environment = {
        "PINGTOP_DATABASE": str(random_warehouse.database),
        "PINGTOP_RAW_LOCATION": str(random_warehouse.raw),
        "HOME": str(base),  # where no extension of DuckDB is installed
    }
    outcomes = run_all(runs, base / "runs", project, environment)
    after = contents(random_warehouse.database)
    recorded = "select distinct status from raw.builds where selection like '%stg_event_weights%'"
    return Stopped(
        dict(zip(STOPS, outcomes, strict=True)),
        folders,
        before,
        after,
        set(random_warehouse.rows(recorded)),
    )


def sentence_of(output: str) -> str:
    """The one error message of a run, without dbt's list of macros below it."""
    message = output.split("Encountered an error:")[1]
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    assert lines[0].startswith(("Compilation Error in operation", "Runtime Error"))
    told = [line for line in lines[1:] if not line.startswith(("> in macro", "> called by"))]
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize("name", STOPS)
def test_stops_with_one_clear_sentence(stopped: Stopped, name: str) -> None:
    outcome = stopped.outcomes[name]
    assert outcome["exit_code"] == 2, outcome["output"]
    assert "Traceback" not in outcome["output"]
    raw = str(stopped.folders[name])
    assert sentence_of(outcome["output"]) == STOPS[name].sentence.replace("{raw}", raw)


def test_stopped_runs_leave_the_warehouse_as_it_was(stopped: Stopped) -> None:
    """But for the record of runs, in which they are refused."""
    assert "main.rejected_rows" in stopped.before
    record = {"raw.builds", "raw.last_run"}
    before, after = (
        {name: found for name, found in side.items() if name not in record}
        for side in (stopped.before, stopped.after)
    )
    assert after == before
    assert stopped.recorded == {("refused",)}


def test_the_program_dbt_stops_with_exit_code_2(random_warehouse: Warehouse) -> None:
    """The runs above share a process, which tells their exit codes: this one is `dbt` itself."""
    random_warehouse.clear_raw()
    done = random_warehouse.dbt("build", variables={"as_of": AS_OF})
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert sentence_of(done.stdout) == STOPS["missing_folder"].sentence.replace(
        "{raw}", str(random_warehouse.raw)
    )


# --- nothing but headers --------------------------------------------------------------------------
def test_headers_alone_make_an_empty_warehouse(random_warehouse: Warehouse) -> None:
    """The vital columns alone, and no row: every mart is built, and no rate is a number."""
    random_warehouse.clear_raw()
    headers = {"users": "ouser_id", "pings": "oping_id"}
    headers["interactions"] = "user_id,content_id,event_type"
    for table, header in headers.items():
        (random_warehouse.raw / f"{table}.csv").write_text(header)
    random_warehouse.build({"as_of": AS_OF})
    for table in ("users", "pings", "interactions", "rejected_rows", "intake_summary"):
        assert random_warehouse.table(table).empty, table
    for table in ("recommendations", "user_sessions", "retention_daily", "ping_features"):
        assert random_warehouse.table(table).empty, table
    rates = random_warehouse.rows(
        """
        select watch_through_rate, engagement_per_impression, no_view_24h_rate, item_coverage,
            median_seconds_to_first_engagement, views, impressions
        from recommender_health
        """
    )
    assert rates == [(None,) * 5 + (0, 0)] * 12
    coverage = "select item_coverage, creator_coverage, gini_exposure, new_item_share, tail_share"
    assert random_warehouse.rows(f"{coverage} from recommendation_coverage") == [(None,) * 5]
    assert random_warehouse.rows("select mean, p50, view_count from watch_time_ratio_stats") == [
        (None, None, 0)
    ]


def test_a_field_that_new_json_files_leave_out(random_warehouse: Warehouse) -> None:
    """An hour without a view has no watch time: null. In the first files it is a mistake."""
    warehouse = random_warehouse
    warehouse.clear_raw()
    (warehouse.raw / "users.csv").write_text("user_id\nu1\n")
    (warehouse.raw / "pings.csv").write_text("ping_id,duration_sec\np1,10\n")
    (warehouse.raw / "mapping.yml").write_text(
        "interactions:\n  - path: 'interactions/*.jsonl'\n"
        "    columns: {watch_time_sec: {column: video.watched, unit: ms}, user_id: who}\n"
    )
    (warehouse.raw / "interactions").mkdir()
    row = '{"who": "u1", "ping_id": "p1", "event_type": "%s", "event_timestamp": "%s"%s}\n'
    like = row % ("like", "2024-03-01 11:00:00", "")
    (warehouse.raw / "interactions" / "b.jsonl").write_text(like)
    warehouse.database.unlink(missing_ok=True)
    done = warehouse.dbt("build", *MODELS_ONLY)
    assert (done.returncode, "has no column 'video.watched'" in done.stdout) == (2, True)
    view = row % ("view", "2024-03-01 10:00:00", ', "video": {"watched": 5000}')
    (warehouse.raw / "interactions" / "a.jsonl").write_text(view)
    (warehouse.raw / "interactions" / "b.jsonl").rename(warehouse.raw / "b.later")
    assert warehouse.dbt("build", *MODELS_ONLY).returncode == 0
    (warehouse.raw / "b.later").rename(warehouse.raw / "interactions" / "b.jsonl")
    done = warehouse.dbt("build", *MODELS_ONLY)
    assert done.returncode == 0, done.stdout
    events = "select event_type, watch_time_sec from interactions order by event_timestamp"
    assert warehouse.rows(events) == [("view", 5.0), ("like", None)]
