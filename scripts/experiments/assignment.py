"""Which arm a user gets: by a salted hash, so that an app gives the same one without asking.

The bucket of a user is

    int(first 8 bytes, big endian, of SHA-256 of the UTF-8 bytes of SALT:EXPERIMENT:USER) mod 10^6

and the arm is the first, in the order in which the shares are given, whose cumulated share is above
the bucket, counted in millionths. So the arms of two experiments are independent of each other.
docs/experiments.md has worked examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import sha256

from common import InputError

BUCKETS = 1_000_000
SALT = "pingtop"
HOLDOUT = "holdout"  # hashed in the place of the experiment, so no experiment may be named so

Shares = dict[str, Fraction]


def bucket_of(salt: str, experiment: str, user: str) -> int:
    """The bucket of a user, from 0 to 999,999."""
    digest = sha256(f"{salt}:{experiment}:{user}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def bounds_of(shares: Shares) -> list[tuple[str, int]]:
    """Each arm with the first bucket that is no longer its own."""
    bounds, total = [], Fraction(0)
    for arm, share in shares.items():
        total += share
        bounds.append((arm, round(total * BUCKETS)))
    return bounds


def arm_of(bucket: int, bounds: Sequence[tuple[str, int]]) -> str | None:
    """The arm of a bucket; none where the shares do not reach it."""
    return next((arm for arm, end in bounds if bucket < end), None)


def is_held_out(salt: str, user: str, holdout: Fraction) -> bool:
    """Whether a user is of the part that is in no experiment, the same for all of them."""
    return bucket_of(salt, HOLDOUT, user) < round(holdout * BUCKETS)


def assigned(
    experiment: str,
    users: Iterable[str],
    shares: Shares,
    holdout: Fraction = Fraction(0),
    salt: str = SALT,
) -> dict[str, str]:
    """The arm of each user; who is held out has none."""
    bounds = bounds_of(shares)
    arms = {
        user: arm_of(bucket_of(salt, experiment, user), bounds)
        for user in users
        if not is_held_out(salt, user, holdout)
    }
    return {user: arm for user, arm in arms.items() if arm is not None}


def read_share(text: str, what: str) -> Fraction:
    """A share such as 0.5 or 1/3. what: how it is called where it is none."""
    try:
        share = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise InputError(f"{what} must be a share such as 0.5 or 1/3, not {text!r}.") from None
    return share


def read_shares(texts: Sequence[str], *, is_whole: bool = True) -> Shares:
    """Shares such as control=0.5 treatment=0.5, two or more. is_whole: they add up to 1."""
    shares: Shares = {}
    for text in texts:
        arm, equals, written = (part.strip() for part in text.rpartition("="))
        if not equals or not arm or any(sign in arm for sign in "=|"):
            raise InputError(f"--share must be such as control=0.5 treatment=0.5, not {text!r}.")
        if arm in shares:
            raise InputError(f"--share has the arm {arm} twice.")
        shares[arm] = read_share(written, f"the share of {arm}")
        if round(shares[arm] * BUCKETS) < 1:
            raise InputError(
                f"the share of {arm} must be above 0 (a millionth is the least), not {written}."
            )
    total = sum(shares.values())
    if len(shares) < 2:
        raise InputError("--share must name two arms or more, such as control=0.5 treatment=0.5.")
    if total > 1 or (is_whole and total != 1):
        most = "" if is_whole else " at most"
        raise InputError(
            f"the shares must add up to 1{most}, but {' '.join(texts)} add up to {float(total):g}."
        )
    return shares


def read_holdout(text: str) -> Fraction:
    """The share that is held out: from 0 to below 1."""
    holdout = read_share(text, "--holdout")
    if not 0 <= holdout < 1:
        raise InputError(f"--holdout must be from 0 to below 1, not {text}.")
    return holdout


def planned(shares: Shares) -> str:
    """Shares as the table experiments has them: control=0.5|treatment=0.5."""
    return "|".join(f"{arm}={float(share):.10g}" for arm, share in shares.items())
