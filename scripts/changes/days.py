"""Spans of days, as they are given on a command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from common import InputError


@dataclass(frozen=True)
class Span:
    """The days from the first to the last, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def span_of(text: str) -> Span:
    """2022-04-28, or 2022-04-20..2022-04-26."""
    try:
        days = [date.fromisoformat(day.strip()) for day in text.split("..")]
    except ValueError:
        days = []
    if len(days) not in (1, 2) or text.count("-") != 2 * len(days):
        raise InputError(
            f"'{text}' is no day: give one such as 2022-04-28, or days such as "
            "2022-04-20..2022-04-26."
        )
    if days[0] > days[-1]:
        raise InputError(f"'{text}' ends before it begins: give the earlier day first.")
    return Span(days[0], days[-1])


def check_spans(before: Span, after: Span, log: Span) -> None:
    """Refuse days that the log does not have, and spans that share a day."""
    for span in (before, after):
        if span.first < log.first or span.last > log.last:
            raise InputError(f"{span} is not in the log, which has {log.first} to {log.last}.")
    if before.first <= after.last and after.first <= before.last:
        raise InputError(f"{before} and {after} share a day: compare days that do not overlap.")


def cautions(before: Span, after: Span, log: Span) -> list[str]:
    """What to think of when two spans are compared, in sentences."""
    said = []
    if before.days != after.days:
        said.append(
            f"The spans are of {before.days} and {after.days} days: rates may be compared, "
            "counts per active user grow with the days."
        )
    if log.last in (before.last, after.last):
        said.append(f"{log.last} is the newest day of the log, and may not be over.")
    return said
