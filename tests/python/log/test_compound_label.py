"""The compound-label log as it is: the shipped examples build by their mapping alone."""

from __future__ import annotations

import csv
from pathlib import Path

import generate_data
import pytest
from warehouse import PROJECT, Warehouse

SMALL = PROJECT / "examples" / "compound_label"
LONGER = PROJECT / "examples" / "compound_label_longer"
FILES = ("Users.csv", "Content.csv", "Interaction.csv", "mapping.yml")
SIZES = {SMALL: (100, 100, 106), LONGER: (400, 250, 5_000)}
ARGUMENTS = {SMALL: ("--days", "14", "--seed", "1"), LONGER: ("--days", "30", "--seed", "2")}
WEIGHT = 0.3
OWN = {
    "ranking_user_features": ["device_type", "region", "avg_session_length"],
    "ranking_ping_features": ["quality_score", "publisher", "topic"],
}
CHECKS = [
    ("u1", "c1", 2.620, 1),
    ("u2", "c2", 3.750, 1),
    ("u3", "c3", 1.255, 0),
    ("u4", "c4", -1.0, 0),
    ("u5", "c5", 0.160, 0),
]


def records(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, str]:
    """The small log, built with every data test, and what the build printed."""
    warehouse = Warehouse(tmp_path_factory.mktemp("compound"))
    done = warehouse.dbt(
        *("build", "--exclude-resource-type", "unit_test"),
        variables={"weight_declared": WEIGHT},
        environment={"PINGTOP_RAW_LOCATION": str(SMALL)},
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return warehouse, done.stdout


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The lists and labels of the longer log, with the SQL of the ranking."""
    warehouse = Warehouse(tmp_path_factory.mktemp("longer"))
    needed = ["+recommendations", "+ranking_labels", "+intake_summary", "ping_features"]
    needed += ["int_own_user_features", "int_own_ping_features", "int_warned_columns"]
    done = warehouse.dbt(
        *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *("--select", *needed, "interactions"),
        variables={"weight_declared": WEIGHT, "ranking_enabled": True, **OWN},
        environment={"PINGTOP_RAW_LOCATION": str(LONGER)},
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return warehouse


@pytest.fixture(params=["small", "longer"])
def built(request: pytest.FixtureRequest) -> tuple[Warehouse, Path]:
    if request.param == "small":
        return request.getfixturevalue("small")[0], SMALL
    return request.getfixturevalue("longer"), LONGER


@pytest.mark.parametrize("folder", SIZES, ids=lambda folder: folder.name)
def test_the_generator_makes_the_shipped_files(tmp_path: Path, folder: Path) -> None:
    users, pings, events = map(str, SIZES[folder])
    size = ["--users", users, "--pings", pings, "--events", events, *ARGUMENTS[folder]]
    output = tmp_path / "again"
    given = ["--shape", "compound_label", *size, "--quiet", "--output", str(output)]
    assert generate_data.main(given) == 0
    for name in FILES:
        assert (output / name).read_bytes() == (folder / name).read_bytes(), name
    assert generate_data.main(given) == 2  # the folder holds data
    assert generate_data.main([*given, "--overwrite"]) == 0


def test_what_only_the_raw_contract_has_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--shape", "compound_label", "--output", str(tmp_path / "data"), "--dirt", "0.1"]
    assert generate_data.main(given) == 2
    assert "--dirt does not go with --shape compound_label." in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_every_row_counts(built: tuple[Warehouse, Path]) -> None:
    warehouse, folder = built
    users, pings, exposures = SIZES[folder]
    assert warehouse.rows("from intake_summary order by all") == [
        ("exposures", "accepted", None, exposures),
        ("pings", "accepted", None, pings),
        ("topic_affinities", "accepted", None, 3 * users),
        ("users", "accepted", None, users),
    ]
    counts = dict(
        warehouse.rows("select event_type, count(*) from interactions group by event_type")
    )
    rows = records(folder, "Interaction.csv")
    assert counts["impression"] == exposures
    assert counts["view"] == sum(float(row["dwell_time"]) > 0 for row in rows)
    for name in ("click", "share", "comment", "hide"):
        assert counts[name] == sum(int(row[name]) for row in rows) > 0


def test_nothing_is_odd_but_what_is_not_used(small: tuple[Warehouse, str]) -> None:
    warehouse, printed = small
    assert warehouse.rows(
        "select kind, source_table, column_name from intake_warnings order by all"
    ) == [
        ("column not used", "users", "avg_session_length"),
        ("column not used", "users", "device_type"),
    ]
    assert "users.device_type: nothing is read from this column" in printed


def test_own_columns_are_features_by_one_line(longer: Warehouse) -> None:
    for table, thing, file in (("users", "user", "Users"), ("pings", "content", "Content")):
        names = next(names for key, names in OWN.items() if table[:-1] in key)
        wanted = sorted(
            (row[f"{thing}_id"], *(row[name] or None for name in names))
            for row in records(LONGER, f"{file}.csv")
        )
        columns = ", ".join(f"{table[:-1]}_{name}" for name in names)
        found = longer.rows(
            f"""
            select {table[:-1]}_id, {columns} from intermediate.int_own_{table[:-1]}_features
            join intermediate.int_{table[:-1]}_keys using ({table[:-1]}_key)
            order by 1
            """
        )
        assert [
            tuple(str(value) if isinstance(value, float) else value for value in row)
            for row in found
        ] == [tuple(value and str(number(value)) for value in row) for row in wanted]
    assert longer.rows("from intermediate.int_warned_columns") == []


def number(text: str) -> str | float:
    return float(text) if text.replace(".", "", 1).isdigit() else text


def test_columns_of_topics_are_declared_interests(small: tuple[Warehouse, str]) -> None:
    wanted = [
        (row["user_id"], topic, float(row[f"topic_affinity_{topic}"]))
        for row in records(SMALL, "Users.csv")
        for topic in ("politics", "tech", "sports")
    ]
    assert sorted(small[0].rows("from declared_affinities")) == sorted(wanted)


def test_the_published_checks_have_their_labels(longer: Warehouse) -> None:
    rows = longer.rows(
        "select user_id, ping_id, round(label_score, 9), label from ranking_labels "
        "where right(user_id, -1) = right(ping_id, -1) and user_id in ('u1','u2','u3','u4','u5') "
        "order by all"
    )
    assert rows == CHECKS


def test_the_checks_are_the_first_rows_of_both() -> None:
    for folder in SIZES:
        rows = records(folder, "Interaction.csv")
        for row, (user, content, score, _) in zip(rows, CHECKS, strict=False):
            assert (row["user_id"], row["content_id"]) == (user, content)
            counts = {name: float(row[name]) for name in ("click", "share", "comment", "hide")}
            total = counts["click"] + 0.05 * float(row["dwell_time"]) + 2 * counts["share"]
            assert total + counts["comment"] - counts["hide"] == pytest.approx(score)
        pairs = [(row["user_id"], row["content_id"]) for row in rows]
        assert all(pairs.count((user, content)) == 1 for user, content, *_ in CHECKS)


def is_available(user: dict[str, str], content: dict[str, str]) -> bool:
    regions = list(filter(None, content["region_restriction"].split("|")))
    blocked = user["blocklist"].split("|")
    return (
        (not regions or user["region"] in regions)
        and content["publisher"] not in blocked
        and content["topic"] not in blocked
    )


def test_users_without_events_get_what_they_declared_first(built: tuple[Warehouse, Path]) -> None:
    warehouse, folder = built
    active = {row["user_id"] for row in records(folder, "Interaction.csv")}
    new = [row for row in records(folder, "Users.csv") if row["user_id"] not in active]
    contents = {row["content_id"]: row for row in records(folder, "Content.csv")}
    base = dict(
        warehouse.rows("select ping_id, 0.5 * popularity + 0.1 * freshness from ping_features")
    )
    listed: dict[str, list[tuple]] = {row["user_id"]: [] for row in new}
    lists = "select user_id, ping_id, score, declared_part, category, reason from recommendations"
    for user_id, *slot in warehouse.rows(f"{lists} order by user_id, rank"):
        if user_id in listed:
            listed[user_id].append(tuple(slot))
    n_first, n_changed = 0, 0
    for row in new:
        interests = {
            content_id: float(row[f"topic_affinity_{content['topic']}"])
            for content_id, content in contents.items()
            if is_available(row, content)
        }
        slots = listed[row["user_id"]]
        wanted = sorted(base[content] + WEIGHT * interests[content] for content in interests)
        assert [slot[1] for slot in slots] == pytest.approx(wanted[:-11:-1], abs=1e-9)
        for content_id, _, part, category, reason in slots:
            assert part == pytest.approx(WEIGHT * interests[content_id], abs=1e-12)
            assert (f"declared interest in {category}" in reason.split("; ")) == (part > 0)
        n_first += slots[0][2] > 0
        by_base = sorted(interests, key=lambda content: (-base[content], content))
        n_changed += {slot[0] for slot in slots} != set(by_base[:10])
    assert len(new) > 40
    assert n_first > 0.9 * len(new)
    assert n_changed > 0.5 * len(new)


def test_restrictions_hold(built: tuple[Warehouse, Path]) -> None:
    warehouse, folder = built
    users = {row["user_id"]: row for row in records(folder, "Users.csv")}
    contents = {row["content_id"]: row for row in records(folder, "Content.csv")}
    listed = warehouse.rows("select user_id, ping_id from recommendations")
    assert len(listed) == 10 * len(users)
    pairs = [(users[user_id], contents[content_id]) for user_id, content_id in listed]
    assert all(is_available(user, content) for user, content in pairs)
    assert sum(content["region_restriction"] != "" for _, content in pairs) > 10
    assert sum(user["blocklist"] != "" for user, _ in pairs) > 10
