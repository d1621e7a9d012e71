"""make inspect: what it says of raw data, and what its drafts are worth."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import inspect_log
import pytest
import yaml
from inspections import DATABASE, run_jobs
from log_shapes import SHAPES, events, separated, write_in_two_sources
from warehouse import MODELS_ONLY, PROJECT

from intake import contract, draft, guesses, location, look, trial, values
from intake.inspection import Inspection, keep_draft

# What a guess can know: nothing but the time zone is missing of local_times.
DRAFTED = ("nested", "two_sources")
REFERENCE = "csv"
BUILD = ["build", *MODELS_ONLY, "--select", "+interactions", "+users", "+pings"]


def write_by_values(folder: Path) -> None:
    """Names that say nothing: ids by what they join, types and moments by what they are."""
    SHAPES[REFERENCE].write(folder)
    rows = [
        {
            "a": row["user_id"],
            "b": row["ping_id"],
            "c": {"like": "thumbs_up"}.get(row["event_type"], row["event_type"]),
            "watch_time_sec": row["watch_time_sec"] and round(row["watch_time_sec"] * 1000),
            "d": row["event_timestamp"].strftime("%d.%m.%Y %H:%M:%S.%f"),
        }
        for row in events()
    ]
    (folder / "interactions.csv").unlink()
    (folder / "x.csv").write_text(separated(rows))


def write_hopeless(folder: Path) -> None:
    (folder / "x.csv").write_text("a,b\n1,2\n")
    (folder / "y.json").write_text('[{"user_id": 1}]')
    (folder / "_z.csv").write_text("user_id\n1\n")
    (folder / "k.parquet").write_text("junk")
    (folder / "notes.txt").write_text("hello")


def write_typing_error(folder: Path) -> None:
    SHAPES["nested"].write(folder)
    (folder / "mapping.yml").write_text(SHAPES["nested"].mapping.replace("who.uid", "who.id"))


def write_two_delimiters(folder: Path) -> None:
    SHAPES[REFERENCE].write(folder)
    (folder / "mapping.yml").write_text('interactions: [{path: interactions.csv, delimiter: "||"}]')


def write_as_documented(folder: Path) -> None:
    """The example of the documentation, for which there are no files."""
    SHAPES[REFERENCE].write(folder)
    page = (PROJECT / "docs" / "intake.md").read_text()
    (folder / "mapping.yml").write_text(page.split("```yaml\n")[1].split("```")[0])


def write_mapped(folder: Path) -> None:
    SHAPES["two_sources"].write(folder)
    (folder / "mapping.yml").write_text(SHAPES["two_sources"].mapping)


def write_mostly_rejected(folder: Path) -> None:
    """Times that are none; and a delimiter that means something in regular expressions."""
    SHAPES[REFERENCE].write(folder)
    rows = [
        row | ({"event_timestamp": "soon"} if place < 30 else {}) | {"note": "a^b"}
        for place, row in enumerate(events())
    ]
    (folder / "interactions.csv").write_text(separated(rows, "^"))
    (folder / "mapping.yml").write_text('interactions: [{path: interactions.csv, delimiter: "^"}]')


FOLDERS = {
    "contract": SHAPES[REFERENCE].write,
    **{name: SHAPES[name].write for name in DRAFTED},
    "by_values": write_by_values,
    "hopeless": write_hopeless,
    "typing_error": write_typing_error,
    "mapped": write_mapped,
    "two_delimiters": write_two_delimiters,
    "documented": write_as_documented,
    "rejected": write_mostly_rejected,
    "one_file": SHAPES["pattern"].write,
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every folder is inspected, and built by its draft where one was made."""
    base = tmp_path_factory.mktemp("inspect").resolve()
    jobs: dict[str, dict[str, Any]] = {}
    for name, write in FOLDERS.items():
        raw = base / name / "raw"
        raw.mkdir(parents=True)
        write(raw)
        given = f"{raw}/plays*.csv" if name == "one_file" else str(raw)
        output = ["--output", str(base / "drafted.yml")] if name == "one_file" else []
        jobs[name] = {"inspect": [given, *output]}
    jobs["demo"] = {"inspect": []}
    for name in ("contract", "hopeless"):
        jobs[f"{name} as json"] = {"inspect": [str(base / name / "raw"), "--json"]}
    for name in (REFERENCE, *DRAFTED, "by_values"):
        raw = base / ("contract" if name == REFERENCE else name) / "raw"
        settings = {
            "PINGTOP_RAW_LOCATION": str(raw),
            "PINGTOP_DATABASE": str(base / name / DATABASE),
        }
        (base / name).mkdir(exist_ok=True)
        jobs[f"build {name}"] = {"dbt": BUILD, "environment": settings}
    outcomes = run_jobs(list(jobs.values()), base / "runs")
    return {"base": base, **dict(zip(jobs, outcomes, strict=True))}


def rounded(value: object) -> object:
    return round(value, 9) if isinstance(value, float) else value


def said(outcome: dict[str, Any], code: int) -> str:
    """What was printed in one line, after a look at the exit code and the width."""
    assert outcome["exit_code"] == code, outcome["output"]
    assert "Traceback" not in outcome["output"]
    return " ".join(outcome["output"].split())


def test_a_log_of_the_contract_needs_nothing(ran: dict[str, Any]) -> None:
    text = said(ran["contract"], 0)
    assert "A build can go on: PINGTOP_RAW_LOCATION=" in text
    assert "interactions 48 48 0 %" in text
    assert "from 2024-01-05 07:30 to 2024-01-15 02:30 UTC" in text
    assert "100 % of the events have one of the users" in text
    assert "85.4 % of the events have one of the pings; 'p6' is not there" in text
    assert "follow_creator 6" in text
    watched = [row["watch_time_sec"] for row in events() if row["watch_time_sec"] is not None]
    assert f"median watch time {median(watched):.4g} s" in text
    assert not (ran["base"] / "contract" / "raw" / "mapping.yml").exists()
    tables = [
        line
        for line in ran["contract"]["output"].splitlines()
        if "PINGTOP_RAW_LOCATION" not in line
    ]
    assert max(map(len, tables[1:])) <= 100


def test_the_demo_can_be_built(ran: dict[str, Any]) -> None:
    assert "interactions 770 770 0 %" in said(ran["demo"], 0)


@pytest.mark.parametrize("name", [*DRAFTED, "by_values"])
def test_a_draft_in_place_gives_the_same_tables(ran: dict[str, Any], name: str) -> None:
    text = said(ran[name], 1)
    path = ran["base"] / name / "raw" / "mapping.yml"
    assert f"{path} is a draft" in text
    assert "guess" in path.read_text()
    assert ran[f"build {name}"]["exit_code"] == 0, ran[f"build {name}"]["output"]
    for table in ("users", "pings", "interactions"):
        rows = []
        for database in (REFERENCE, name):
            with duckdb.connect(str(ran["base"] / database / DATABASE), read_only=True) as db:
                found = db.execute(f"from {table} order by all").fetchall()
            # milliseconds lose the last digit of 0.6 * 6
            rows.append([[rounded(value) for value in row] for row in found])
        assert rows[0], table
        assert rows[0] == rows[1], table


def test_what_is_said_of_a_guess(ran: dict[str, Any]) -> None:
    text = said(ran["by_values"], 1)
    assert "a user_id guess: 100% are ids of users" in text
    assert "are ids of pings" in text
    assert "c event_type guess: its values are event types" in text
    assert "event type 'thumbs_up': guess, like" in text
    assert "guess: ms, as the median is" in text
    assert "d event_timestamp guess: the only moment; guess: the format" in text


def test_a_hopeless_folder_is_said_to_be_so(ran: dict[str, Any]) -> None:
    text = said(ran["hopeless"], 1)
    assert "Nothing looks like a log" in text
    for sentence in (
        "x.csv looks like no table of the contract",
        "y.json is a JSON array: write one object a line",
        "_z.csv its name, or that of a folder, begins with a dot or _",
        "k.parquet cannot be read",
        "notes.txt no format that is read",
    ):
        assert sentence in text
    assert not (ran["base"] / "hopeless" / "raw" / "mapping.yml").exists()


def test_json_has_the_same_facts(ran: dict[str, Any]) -> None:
    assert ran["contract as json"]["exit_code"] == 0
    good = json.loads(ran["contract as json"]["output"])
    assert (good["can_build"], good["to_mend"], good["draft"]) == (True, [], None)
    places = {source["table"]: source["place"] for source in good["sources"]}
    assert places["interactions"] == "interactions.csv"
    users = next(source for source in good["sources"] if source["table"] == "users")
    assert {"column": "age", "read_as": "age", "why": "by name"} in users["columns"]
    assert users["rows"] == 6
    counts = {
        row["source_table"]: (row["rows"], row["accepted"]) for row in good["trial"]["tables"]
    }
    assert counts == {"users": (6, 6), "pings": (6, 6), "interactions": (48, 48)}
    shares = {row["kind"]: round(row["share"], 3) for row in good["trial"]["joined"]}
    assert shares == {"users": 1, "pings": 0.854}

    assert ran["hopeless as json"]["exit_code"] == 1
    bad = json.loads(ran["hopeless as json"]["output"])
    assert (bad["can_build"], bad["sources"], bad["trial"]) == (False, [], None)
    assert bad["to_mend"][0].startswith("Nothing looks like a log")
    assert {"x.csv", "notes.txt"} <= {one["what"] for one in bad["not_read"]}


def test_a_mapping_that_is_there_counts_and_stays(ran: dict[str, Any]) -> None:
    text = said(ran["mapped"], 0)
    assert "interactions ignored by the mapping 3 5.9 %" in text
    assert "play_min watch_time_sec by the mapping (unit min)" in text
    kept = (ran["base"] / "mapped" / "raw" / "mapping.yml").read_text()
    assert kept == SHAPES["two_sources"].mapping
    wrong = said(ran["typing_error"], 1)
    assert "has no column 'who.id', which the mapping has for user_id: did you mean" in wrong
    assert str(ran["base"] / "typing_error" / "raw" / "plays") in wrong


def test_the_example_of_the_documentation_is_a_valid_mapping(ran: dict[str, Any]) -> None:
    text = said(ran["documented"], 1)
    # all its sources were checked before the first file was looked for
    assert "has the path 'plays/**/*.jsonl.gz' for interactions, which no file in" in text


def test_a_delimiter_is_one_letter(ran: dict[str, Any]) -> None:
    text = said(ran["two_delimiters"], 1)
    assert "source 1 of interactions must have one letter as its delimiter" in text


def test_rejected_rows_are_said_with_their_share(ran: dict[str, Any]) -> None:
    text = said(ran["rejected"], 1)
    assert "interactions 48 18 62.5 %" in text
    assert "unparseable or missing event timestamp 30 62.5 %" in text
    assert "To mend: 62.5 % of the rows of interactions would be rejected." in text


def test_a_large_log_is_tried_by_its_first_rows(tmp_path: Path, monkeypatch: Any) -> None:  # noqa: ANN401
    raw, copy = tmp_path / "raw", tmp_path / "copy"
    raw.mkdir()
    copy.mkdir()
    SHAPES["pipes"].write(raw)
    for number in range(30):
        folder = raw / "interactions" / f"day={number:02}"
        folder.mkdir(parents=True)
        ending = ("parquet", "csv.gz", "json")[number % 3]
        duckdb.sql(f"copy (select {number} as n from range(100)) to '{folder}/a.{ending}'")
    monkeypatch.setattr(trial, "FILES", 5)
    monkeypatch.setattr(trial, "LEAST_ROWS", 10)
    found = location.find_location(str(raw))
    endings = {"parquet": "parquet", "csv.gz": "csv", "json": "json"}
    sources = []
    for ending in endings:
        files = [file for file in found.files if file.place.endswith(f"/a.{ending}")]
        sources.append(guesses.Source(look.Look(files, rows=1000), "interactions"))
    assert trial._fill(copy, found, sources, 100)
    assert (copy / "users.csv.zst").is_symlink()
    for place, (ending, kind) in enumerate(endings.items()):
        files = f"read_{kind}('{copy}/interactions/*/*.{ending}')"
        rows = dict(duckdb.sql(f"select n, count(*) from {files} group by all").fetchall())
        # one more of a file without a header
        assert rows == dict.fromkeys(range(place, 30, 6), 10 + (kind == "json"))


def test_a_pattern_holds_the_log_alone(ran: dict[str, Any]) -> None:
    text = said(ran["one_file"], 0)
    assert "plays-1.csv: interactions (the raw location is a log)" in text
    assert "no users to join the events with" in text


def test_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_log.main([str(tmp_path / "nothing")]) == 2
    assert "is neither a folder nor a file: name your raw data." in capsys.readouterr().err
    assert inspect_log.main([f"duckdb:///{tmp_path}/nothing.duckdb"]) == 2
    assert inspect_log.main(["gs://bucket/x"]) == 2


def test_a_draft_overwrites_nothing_and_needs_a_place(tmp_path: Path) -> None:
    found = Inspection(location.Location(str(tmp_path), "folder"), draft="x")
    assert "is a draft" in keep_draft(found, None)
    (tmp_path / "mapping.yml").write_text("mine")
    assert "is there already and stays as it is" in keep_draft(found, None)
    assert (tmp_path / "mapping.yml").read_text() == "mine"
    # nobody may write there, not even root
    found = Inspection(location.Location("/proc", "folder"), draft="x")
    assert "cannot be written" in keep_draft(found, None)
    elsewhere = tmp_path / "elsewhere.yml"
    assert f"{elsewhere} is a draft" in keep_draft(found, elsewhere)
    found = Inspection(location.Location("duckdb:///x", "database"), draft="x")
    assert "name a file with --output" in keep_draft(found, None)


# --- the first look -------------------------------------------------------------------------------


def drafted(folder: Path) -> dict[str, Any]:
    found = location.find_location(str(folder))
    sources = guesses.sources_of(found, look.look_at(found), {})
    text = draft.draft_of(found, sources)
    return yaml.safe_load(text) if text else {}


def test_the_mapping_of_an_exposure_log(tmp_path: Path) -> None:
    (tmp_path / "Users.csv").write_text("user_id,topic_affinity_tech,region\nu1,0.5,EU\n")
    (tmp_path / "Content.csv").write_text("content_id,publisher,topic\nc1,p1,tech\n")
    (tmp_path / "Interaction.csv").write_text(
        "user_id,content_id,click,dwell_time,event_timestamp\nu1,c1,1,3.5,2024-01-05 10:00:00\n"
    )
    assert drafted(tmp_path) == {
        "pings": [{"path": "Content.csv"}],
        "exposures": [{"path": "Interaction.csv"}],
        "topic_affinities": [
            {"path": "Users.csv", "affinity_columns": {"tech": "topic_affinity_tech"}}
        ],
    }


def test_the_encoding_is_told_by_the_first_bytes(tmp_path: Path) -> None:
    SHAPES["utf_16"].write(tmp_path)
    assert drafted(tmp_path) == {
        "interactions": [{"path": "interactions.csv", "encoding": "utf-16", "delimiter": "\t"}]
    }


def test_a_format_and_decimal_commas_are_guessed(tmp_path: Path) -> None:
    SHAPES["local_times"].write(tmp_path)
    (source,) = drafted(tmp_path)["interactions"]
    assert source["columns"]["event_timestamp"]["format"] == "%d/%m/%Y %H:%M:%S.%f"
    assert source["columns"]["watch_time_sec"]["decimal"] == ","
    assert (source["encoding"], source["delimiter"]) == ("cp1252", ";")


def test_a_log_by_its_name_is_not_counted_twice(tmp_path: Path) -> None:
    SHAPES[REFERENCE].write(tmp_path)
    (tmp_path / "plays.csv").write_text(separated(events()))
    assert drafted(tmp_path) == {}


def test_lengths_that_can_only_be_milliseconds(tmp_path: Path) -> None:
    SHAPES[REFERENCE].write(tmp_path)
    (tmp_path / "pings.csv").write_text("ping_id,duration_sec\np1,12000\np2,45000\n")
    assert drafted(tmp_path) == {
        "pings": [
            {
                "path": "pings.csv",
                "columns": {"duration_sec": {"column": "duration_sec", "unit": "ms"}},
            }
        ]
    }


def test_paths_name_the_files_of_a_source_and_no_other(tmp_path: Path) -> None:
    write_in_two_sources(tmp_path)
    plays = tmp_path / "plays"
    (plays / "deeper").mkdir()
    (plays / "deeper" / "2.tsv").write_text((plays / "1.tsv").read_text())
    (plays / "a.csv").write_text((plays / "1.tsv").read_text())
    for name in ("saves-1", "saves-2", "saved"):
        (tmp_path / f"{name}.csv").write_text((tmp_path / "actions.csv").read_text())
    (tmp_path / "saved.csv").write_text("a\n1\n")
    paths = [source["path"] for source in drafted(tmp_path)["interactions"]]
    assert paths == ["actions.csv", "saves-*.csv", "plays/**/*.tsv", "plays/*.csv"]


def test_a_first_look_counts_without_reading_all(tmp_path: Path, monkeypatch: Any) -> None:  # noqa: ANN401
    line = "u1,p1,view,2024-01-05 10:00:00\n"
    (tmp_path / "interactions.csv").write_text(
        "user_id,ping_id,event_type,event_timestamp\n" + line * 300_000
    )
    (found,) = look.look_at(location.find_location(str(tmp_path)))
    assert (found.rows, found.is_about) == (300_000, False)
    assert len(found.values["user_id"]) == look.SAMPLE_ROWS
    monkeypatch.setattr(look, "COUNTED_BYTES", 0)
    (found,) = look.look_at(location.find_location(str(tmp_path)))
    assert found.is_about
    assert found.rows == pytest.approx(300_000, rel=0.01)


def test_the_lists_of_the_macros_are_read() -> None:
    assert "uid" in contract.usual_names()["user_id"]
    assert contract.contract("users")[0].name == "user_id"
    assert contract.event_type_of("Thumbs-Up") == "like"
    assert contract.event_type_of("heart beat") == "ignore"
    assert contract.event_type_of("FOLLOW_CREATOR") == "follow_creator"
    assert contract.event_type_of("whatever") is None


@pytest.mark.parametrize(
    ("given", "unit"),
    [([1_704_439_801], "s"), (["1704439801000"], "ms"), ([1.7e15], "us"), ([12, 13], None)],
)
def test_epochs_are_told_by_their_size(given: list[Any], unit: str | None) -> None:
    assert values.epoch_unit(given) == unit


def test_make_and_readme_begin_with_it() -> None:
    assert "scripts/inspect_log.py" in (PROJECT / "Makefile").read_text()
    readme = (PROJECT / "README.md").read_text()
    assert "make inspect RAW=" in readme.split("## Your own data")[1].split("##")[0]
