"""Sums of numbers that do not depend on the order of the rows.

The order in which DuckDB's threads come by rows differs from run to run, and with it the last digit
of a sum of floats. Here a number is a whole multiple of 2^-50 (where it has more digits, the
nearest one, about as close as a float near 1 can be), and whole numbers have one sum in any order.
"""

from __future__ import annotations

DIGITS = 2.0**50
LARGEST = 2.0**20  # of what is summed: a hugeint holds the squares of 2^37 of them


def exact_sum(value: str, unit: float = 1.0) -> str:
    """The sum of an expression over a group, null where there is none.

    unit: a power of two so that no value is more than LARGEST units.
    """
    scale = DIGITS / unit
    return f"cast(sum(cast(round(({value}) * {scale!r}) as hugeint)) as double) / {scale!r}"


def exact_mean(value: str, unit: float = 1.0) -> str:
    """The mean of an expression over a group, null where there is none."""
    return f"({exact_sum(value, unit)} / nullif(count({value}), 0))"


def unit_of(largest: float) -> float:
    """The unit for values up to the largest."""
    unit = 1.0
    while largest > LARGEST * unit:
        unit *= LARGEST
    return unit
