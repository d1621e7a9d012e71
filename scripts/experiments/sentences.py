"""What an experiment showed, in sentences for those who decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from common import Row
from experiments.metrics import METRICS

LABELS = {
    "watch_through_rate": "watch-through rate",
    "engagement_per_impression": "engagements per impression",
    "watch_time_sec_per_user": "time watched per user",
    "session_length_sec": "session length",
    "d1_retention": "day-1 retention",
    "d7_retention": "day-7 retention",
    "distinct_pings_per_user": "distinct pings per user",
    "distinct_creators_per_user": "distinct creators per user",
}
BETTER, WORSE, PERHAPS, NONE = "better", "worse", "perhaps", "no difference shown"


def label(metric: str) -> str:
    """A metric in words: likes_per_user is likes per user."""
    return LABELS.get(metric, metric.replace("_", " "))


def main_metric(split: Row, rows: Sequence[Row]) -> str:
    """The metric that an experiment is about: the one it names, else the first with a result."""
    if split["primary_metric"] in METRICS:
        return str(split["primary_metric"])
    known = {row["metric"] for row in rows if row["difference"] is not None}
    return next((metric for metric in METRICS if metric in known), METRICS[0])


def signed(share: float | None) -> str:
    """A lift: +4.2%."""
    return "–" if share is None else f"{share:+.1%}"


def amount(value: float | None) -> str:
    """A value of a metric, of whatever unit, with four digits."""
    return "–" if value is None else f"{value:,.4g}"


def p_text(p_value: float | None) -> str:
    """A p value with four digits, or that it is below them."""
    if p_value is None:
        return "–"
    return "< 0.0001" if p_value < 0.0001 else f"{p_value:.4f}"


def segment_order(segment: str) -> tuple[int, str, int]:
    """Everybody first, then kinds of segments; activity_5_to_19 by its number."""
    first = ("all", "new", "existing")
    if segment in first:
        return first.index(segment), "", 0
    kind, _, rest = segment.partition("_")
    number = rest.partition("_")[0]
    return len(first), kind if number.isdigit() else segment, int(number) if number.isdigit() else 0


def change(row: Row) -> str:
    """By how much an arm differs: as a lift where there is one, else as a difference."""
    if row["lift"] is not None:
        low, high = signed(row["lift_low"]), signed(row["lift_high"])
        return f"{signed(row['lift'])} (95% interval {low} to {high})"
    low, high = (f"{row[f'difference_{end}']:+.4g}" for end in ("low", "high"))
    return f"{row['difference']:+.4g} (95% interval {low} to {high})"


def split_sentences(split: Row) -> list[str]:
    """The split check, and what else is to be known."""
    return [split["verdict"], *([split["notes"]] if split["notes"] else [])]


def conclusion(split: Row, rows: Sequence[Row]) -> list[str]:
    """The verdict. rows: of experiment_results, of one segment."""
    if split["is_readable"] is False:
        return [
            "Do not decide anything by this experiment: its users are not split as planned, so the "
            "arms differ in more than what is tried. Find out why first."
        ]
    if not any(row["difference"] is not None for row in rows):
        return ["There is nothing to compare yet."]
    metric = main_metric(split, rows)
    found = []
    for arm in dict.fromkeys(row["arm"] for row in rows):
        found += list(_of_arm([row for row in rows if row["arm"] == arm], metric, split))
    return found


def _of_arm(rows: Sequence[Row], metric: str, split: Row) -> Iterator[str]:
    arm, control = rows[0]["arm"], rows[0]["control_arm"]
    [row] = [row for row in rows if row["metric"] == metric]
    name = label(metric)
    if row["difference"] is None:
        yield f"{arm} against {control}, {name}: {row['verdict']}."
    elif row["verdict"] in (BETTER, WORSE):
        yield (
            f"{arm} is {row['verdict']} than {control}: {name} is {change(row)}, more than chance "
            f"explains (adjusted p = {row['p_value_adjusted']:.2g})."
        )
    elif row["verdict"].startswith(PERHAPS):
        yield (
            f"{arm} is perhaps {_direction(row)} than {control}: {name} is {change(row)}. Alone "
            f"that would be sure enough (p = {row['p_value']:.2g}), among so many comparisons it "
            f"is not (adjusted p = {row['p_value_adjusted']:.2g})."
        )
    else:
        yield (
            f"{arm} shows no difference to {control} in {name}: {change(row)}. That does not say "
            "that there is none: any change within the interval is possible."
        )
    yield from _narrowed(row)
    yield from _peeking(row)
    yield from _others([row for row in rows if row["metric"] != metric])


def _direction(row: Row) -> str:
    return BETTER if BETTER in row["verdict"] else WORSE


def _narrowed(row: Row) -> Iterator[str]:
    if row["cuped_lift"] is not None and (row["cuped_narrowing"] or 0) >= 0.01:
        low, high = signed(row["cuped_lift_low"]), signed(row["cuped_lift_high"])
        yield (
            f"Adjusted by what users did before (CUPED) it is {signed(row['cuped_lift'])} "
            f"({low} to {high}), an interval {row['cuped_narrowing']:.0%} narrower."
        )


def _peeking(row: Row) -> Iterator[str]:
    """Whether the result holds for who has looked at it every day."""
    low, high = row["always_valid_low"], row["always_valid_high"]
    if low is None or row["p_value"] is None or row["p_value"] >= 0.05:
        return
    if low > 0 or high < 0:
        yield "It also holds where the result was looked at every day (always-valid interval)."
    else:
        yield (
            "It does not hold yet where the result was looked at every day and the experiment "
            "may end on any of them: the always-valid interval still has 0 in it."
        )


def _others(rows: Sequence[Row]) -> Iterator[str]:
    """The other metrics in one sentence each: what moved, and how many did not."""
    for word in (BETTER, WORSE):
        moved = [row for row in rows if row["verdict"] == word]
        if moved:
            named = ", ".join(f"{label(row['metric'])} {signed(row['lift'])}" for row in moved)
            yield f"Also {word}: {named}."
    perhaps = [row for row in rows if row["verdict"].startswith(PERHAPS)]
    if perhaps:
        named = ", ".join(
            f"{label(row['metric'])} {signed(row['lift'])} ({_direction(row)})" for row in perhaps
        )
        yield f"Perhaps, but not sure among so many comparisons: {named}."
    still = sum(row["verdict"] == NONE for row in rows)
    if still:
        yield f"No difference shown in {still} other metric{'' if still == 1 else 's'}."
    missing = [row for row in rows if row["difference"] is None]
    if missing:
        named = "; ".join(f"{label(row['metric'])}: {row['verdict']}" for row in missing)
        yield f"Not told: {named}."
