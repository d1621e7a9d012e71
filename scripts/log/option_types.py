"""What the text of an option is read as; what it cannot be is an error of argparse."""

from __future__ import annotations

import argparse
from datetime import date


def whole_number(text: str) -> int:
    """Read an integer; `_` and `,` may group its digits."""
    try:
        return int(text.replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """Read a number; its range is checked with the rest."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def day(text: str) -> date:
    """Read a date such as 2025-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2025-01-31") from None
