"""One request, answered from records that are written down here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import jinja2
import pytest
from small_store import PINGS, SmallStore, small_records
from warehouse import PROJECT

from pingtop_serving.errors import (
    BadRequestError,
    EmptyStoreError,
    GenerationGoneError,
    StoreDownError,
)
from pingtop_serving.events import events_since, read_timestamp
from pingtop_serving.recommend import recommend
from pingtop_serving.records import (
    MANIFEST,
    MOST_PLAIN_BYTES,
    OVERALL_HEAD,
    Listed,
    Manifest,
    Ping,
    User,
    is_hashed,
    pack,
    pack_ids,
    ping_key,
    user_key,
)

AFTER = "2024-02-21 08:00:00"


def event(ping_id: str, user_id: str = "u1", at: str = AFTER, **others: object) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "ping_id": ping_id,
        "event_type": "view",
        "event_timestamp": at,
        **others,
    }


def ids(store: SmallStore, user_id: str = "u1", k: int = 10, **words: Any) -> list[str]:  # noqa: ANN401
    return [place.ping_id for place in recommend(store, user_id, k, **words).recommendations]


def changed_user(store: SmallStore, **facts: object) -> None:
    user = User.unpack(store.records[user_key("u1")])
    store.records[user_key("u1")] = replace(user, **facts).pack()


def changed_ping(store: SmallStore, ping_id: str, **facts: object) -> None:
    ping = Ping.unpack(store.records[ping_key(ping_id)])
    store.records[ping_key(ping_id)] = replace(ping, **facts).pack()


def changed_manifest(store: SmallStore, **facts: object) -> None:
    manifest = Manifest.unpack(store.records[MANIFEST])
    store.records[MANIFEST] = replace(manifest, **facts).pack()


# --- events since the build -----------------------------------------------------------------------


def test_a_seen_ping_disappears_at_once_and_affinities_count_the_event() -> None:
    store = SmallStore()
    before = recommend(store, "u1").recommendations
    after = recommend(store, "u1", events=[event("p4")]).recommendations
    assert "p4" in [place.ping_id for place in before]
    assert "p4" not in [place.ping_id for place in after]
    even = next(place for place in after if place.ping_id == "p6")
    odd = next(place for place in after if place.ping_id == "p3")
    assert (even.category_part, odd.category_part) == (0.25 * (1 / 5), 0.25 * (1 / 5))
    assert even.reason == "prefers cat=even; engaged this creator"
    assert even.creator_part == 0.15 * (5 / 5)


def test_a_late_event_is_seen_and_counts_only_with_the_next_build() -> None:
    store = SmallStore()
    late = event("p4", at="2024-02-20 23:00:00")  # the newest of the build is of that moment
    after = recommend(store, "u1", events=[late]).recommendations
    assert "p4" not in [place.ping_id for place in after]
    assert {place.category_part for place in after} == {0.0, 0.0625}


def test_a_ping_of_no_candidate_comes_up_by_the_head_of_its_category() -> None:
    store = SmallStore()
    changed_user(store, candidates=["p3", "p5"])
    assert ids(store) == ["p3", "p5"]
    views = [event("p30", at=f"{AFTER}.{number}") for number in range(9)]
    assert ids(store, k=5, events=views) == ["p2", "p4", "p6", "p8", "p10"]


def test_exact_repeats_are_one_event_and_of_one_event_id_the_earliest_counts() -> None:
    types = {"view": "view"}
    events = [
        event("p4"),
        event("p4", at="2024-02-21T10:00+02:00", event_type=" VIEW", watch_time_sec=None),
        event("p5", at="2024-02-21 09:00:00", event_id="e"),
        event("p6", at="2024-02-21 08:30:00", event_id="e"),
        event("p7", user_id="u2"),
        event("p8", watch_time_sec="-1"),
        event("p9", at="soon"),
        event(" "),
        event("p9", event_type="watched"),
    ]
    since = events_since(events, "u1", types, None)
    assert since.pings == {"p4": 1, "p6": 1}
    assert since.rejected == {
        "duplicate": 2,
        "of another user": 1,
        "negative or non-finite watch time": 1,
        "unparseable or missing event timestamp": 1,
        "missing id": 1,
        "unknown event type": 1,
    }


def test_blocked_stays_blocked_whatever_brings_a_ping_in() -> None:
    store = SmallStore()
    changed_user(store, candidates=["p3"], entries=["even"], region="ng")
    for number in range(2, 31, 2):
        changed_ping(store, f"p{number}", entries=["even"])
    changed_ping(store, "p5", regions=["za"])
    changed_ping(store, "p7", regions=["ng", "za"])
    events = [event("p30"), event("p29", at=f"{AFTER}.5")]
    assert ids(store, k=4, events=events) == ["p3", "p7", "p9", "p11"]


def test_who_is_not_known_but_did_something_has_a_list_of_it() -> None:
    store = SmallStore()
    changed_ping(store, "p2", regions=["za"])
    answer = recommend(store, "new", 3, events=[event("p4", "new")], region="NG")
    assert answer.strategy == "heuristic"
    # the one creator of all, and the category
    assert [place.ping_id for place in answer.recommendations] == ["p6", "p8", "p10"]
    assert ids(store, "new", 3, events=[event("p4", "new")], region="Za") == ["p2", "p6", "p8"]


def test_events_that_do_not_count_leave_the_default_list() -> None:
    answer = recommend(SmallStore(), "new", 3, events=[event("p4", "u1")], country="de")
    assert answer.strategy == "default"
    assert [place.ping_id for place in answer.recommendations] == ["p4", "p5", "p6"]


# --- kept lists and arms --------------------------------------------------------------------------


def kept(*ping_ids: str) -> list[Listed]:
    return [
        Listed(ping, 2.0 - at, 1.0, 0.5, 0.25, 0.25 - at, 0.0, 0.0, "from heuristic")
        for at, ping in enumerate(ping_ids)
    ]


def test_a_kept_list_is_served_as_it_was_made_and_filled_up_behind() -> None:
    store = SmallStore()
    changed_user(store, strategy="gbdt", listed=kept("p20", "p3", "p10"))
    answer = recommend(store, "u1", 3)
    assert answer.strategy == "gbdt"
    assert [place.ping_id for place in answer.recommendations] == ["p20", "p3", "p10"]
    assert answer.recommendations[0].reason == "from heuristic"
    longer = recommend(store, "u1", 5, events=[event("p3")]).recommendations
    assert [place.rank for place in longer] == [1, 2, 3, 4, 5]
    assert [place.ping_id for place in longer] == ["p20", "p10", "p5", "p7", "p9"]


def test_a_kept_list_has_nothing_that_was_blocked_since() -> None:
    store = SmallStore()
    changed_user(store, strategy="gbdt", listed=kept("p20", "p3", "p10"), entries=["even"])
    changed_ping(store, "p20", entries=["even"])
    changed_ping(store, "p3", regions=["za"])
    changed_manifest(store, is_refreshed=True)
    listed = ids(store, k=25)
    assert listed[0] == "p10"
    assert not {"p20", "p3"} & set(listed)


def test_an_arm_decides_what_is_served_and_a_request_may_name_another() -> None:
    store = SmallStore()
    changed_user(store, strategy="gbdt", listed=kept("p20", "p10"), arm="control")
    assert recommend(store, "u1").arm == "control"
    assert ids(store, k=2) == ["p3", "p5"]
    answer = recommend(store, "u1", 2, arm="treatment")
    assert (answer.arm, answer.strategy) == ("treatment", "gbdt")
    assert [place.ping_id for place in answer.recommendations] == ["p20", "p10"]
    changed_user(store, arm="of another experiment")
    assert recommend(store, "u1").arm is None
    with pytest.raises(BadRequestError, match="known: control, treatment"):
        recommend(store, "u1", arm="ghost")


# --- stores and questions that cannot be answered -------------------------------------------------


@pytest.mark.parametrize("k", [0, -1, 201, 10**9, True, 2.0, "10", None])
def test_k_is_a_whole_number_in_its_bounds(k: object) -> None:
    with pytest.raises(BadRequestError):
        recommend(SmallStore(), "u1", k)


@pytest.mark.parametrize("user_id", ["", "  ", "x" * 1001, None, 7])
def test_a_user_id_is_a_text_that_says_something(user_id: object) -> None:
    with pytest.raises(BadRequestError):
        recommend(SmallStore(), user_id)


def test_events_are_a_list_of_them() -> None:
    for wrong in (None, 5, [None], ["view"], event("p3")):
        with pytest.raises(BadRequestError, match="events is a list"):
            recommend(SmallStore(), "u1", events=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("user_id", ["x" * 1000, "\ud800", "🐟" * 1000, "u|1", "~", "' or 1"])
def test_a_user_id_may_be_any_text(user_id: str) -> None:
    assert recommend(SmallStore(), user_id).strategy == "default"
    assert len(user_key(user_id).encode()) <= MOST_PLAIN_BYTES
    assert is_hashed(user_key(user_id)) == (len(user_id) == 1000 or user_id == "\ud800")


def test_no_list_is_ever_made_of_what_is_not_there() -> None:
    store = SmallStore()
    del store.records[MANIFEST]
    with pytest.raises(EmptyStoreError):
        recommend(store, "u1")
    store.records[MANIFEST] = pack({"format": 0})
    with pytest.raises(StoreDownError, match="another version"):
        recommend(store, "u1")
    store.records = small_records()
    store.records[user_key("u1")] = b"\xc1"
    with pytest.raises(StoreDownError, match="cannot be read"):
        recommend(store, "u1")


def test_a_generation_that_is_gone_meanwhile_is_left_for_the_next_one() -> None:
    class Moving(SmallStore):
        """The records change, and the old ones are gone, after the first reading."""

        n_readings = 0

        def get(self, keys: Sequence[str]) -> list[bytes | None]:
            self.n_readings += 1
            if self.n_readings == 2:
                self.generation = 8
                self.records[OVERALL_HEAD] = pack_ids(PINGS[::-1])
                raise GenerationGoneError("gone")
            return super().get(keys)

    answer = recommend(Moving(), "u1")
    assert answer.generation == 8
    assert answer.recommendations == recommend(SmallStore(), "u1").recommendations


# --- timestamps -----------------------------------------------------------------------------------

MOMENTS = [
    *("2024-02-13 10:00:00", "2024-02-13T10:00:00Z", "2024-02-13T10:00:00.123456789+02:00"),
    *("2024-02-13", "2024-2-3 4:05", " 2024-02-13 10:00 ", "2024-02-13 10:00:00 UTC"),
    *("2024-02-13T10:00:00-05:30", "2024-02-13 10:00:00 +0200", "2024-02-13T10:00Z"),
    *("1707818400", "1707818400123", "1707818400123456", "1.7078184E+12", "1707818400.5"),
    *("2024-02-30", "2024-13-01 00:00:00", "2024-02-13 24:30:00", "0999-01-01", "9999-01-01"),
    *("20240213", "2024", "today", "", "infinity", "123456", "2024-02-13 10:00:00.", "10:00"),
    *("2024-02-29 23:59:59.9999999", "2023-02-29", "2024-02-13T10:00:61", "12024-02-13"),
]


def moment_of_the_intake(column: str) -> str:
    """The SQL that the intake's macro makes of a column."""
    names = ("safe_timestamp", "epoch_timestamp", "epoch_pattern")
    sources = [(PROJECT / "macros" / "portable" / f"{name}.sql").read_text() for name in names]

    class Adapter:
        @staticmethod
        def dispatch(name: str, _package: str) -> Any:  # noqa: ANN401
            return getattr(macros, f"duckdb__{name}")

    template = jinja2.Environment().from_string("".join(sources), globals={"adapter": Adapter})
    macros = template.module
    return str(macros.safe_timestamp(column))


def test_moments_are_read_as_the_intake_reads_them() -> None:
    sql = f"select {moment_of_the_intake('given')} from (select cast(? as varchar) as given)"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        read = {
            given: (read_timestamp(given), connection.execute(sql, [given]).fetchall()[0][0])
            for given in MOMENTS
        }
    assert {given: one for given, (one, other) in read.items() if one != other} == {}
    assert sum(one is not None for one, _ in read.values()) == 17
