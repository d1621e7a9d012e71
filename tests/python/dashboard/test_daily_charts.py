"""Lines by day show what is provisional, what is of few, and how sure a rate is."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboard.daily_charts import FADED, daily_lines, pieces_of


def day(number: int, value: float | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"date": date(2024, 2, number), "segment": "new", "rate": value, **more}


ROWS = [
    day(1, 0.5, low=0.4, high=0.6),
    day(2, 0.0, low=0.0, high=0.9, is_few=True),
    day(3, 0.6, low=0.5, high=0.7),
    day(4, 0.7, low=0.6, high=0.8),
    day(5, 0.2, low=0.1, high=0.3, is_provisional=True),
    day(6, None),
    day(7, 0.4, low=0.3, high=0.5),
    day(8, 0.5, low=0.4, high=0.6),
]


def test_what_lies_between_two_days_is_one_piece() -> None:
    pieces: dict[tuple[int, str], list[int]] = {}
    for row in pieces_of(ROWS, "rate", "segment"):
        pieces.setdefault((row["number"], row["piece"]), []).append(row["date"].day)
    assert pieces == {
        (1, "few"): [1, 2, 3],
        (2, "final"): [3, 4],
        (3, "provisional"): [4, 5],
        (4, "final"): [7, 8],
    }


def test_few_are_faded_and_others_have_a_band() -> None:
    chart = daily_lines(ROWS, "rate", "rate", ".0%").to_dict()
    marks = [layer["mark"] for layer in chart["layer"]]

    def days_of(place: int) -> list[str]:
        values = chart["layer"][place]["data"]
        rows = chart["datasets"][values["name"]] if "name" in values else values["values"]
        return sorted({row["date"][-2:] for row in rows})

    [band] = [place for place, mark in enumerate(marks) if mark["type"] == "area"]
    assert "02" not in days_of(band)
    faded = [place for place, mark in enumerate(marks) if mark.get("opacity") == FADED]
    assert [(marks[place]["type"], days_of(place)) for place in faded] == [
        ("line", ["01", "02", "03"]),
        ("point", ["02"]),
    ]
    bold = [
        place
        for place, mark in enumerate(marks)
        if mark["type"] == "point" and mark["opacity"] == 1
    ]
    assert [days_of(place) for place in bold] == [["01", "03", "04", "05", "07", "08"]]


def test_a_release_from_before_has_neither() -> None:
    rows = [{key: row[key] for key in ("date", "segment", "rate")} for row in ROWS]
    chart = daily_lines(rows, "rate", "rate", ".0%").to_dict()
    marks = [layer["mark"] for layer in chart["layer"]]
    assert "area" not in [mark["type"] for mark in marks]
    assert FADED not in [mark.get("opacity") for mark in marks]
