"""Sums over resampled users: the Poisson bootstrap, random signs, and Holm's adjustment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common import literal
from evaluation.run import Run

Array = NDArray[Any]

BLOCK_USERS = 8_192  # users in one matrix product: a block of weights is 32 MB at 1,000 resamples
DRAWS_AT_ONCE = 1_000  # random choices of signs in one matrix product


class Blocks:
    """Users by metrics of one cutoff (or of all) and one way of cutting the users, block by block.

    A column is a (strategy, K, metric). Users are numbered in the order of their ids, so that the
    same seed always gives the same weights to the same users.
    """

    def __init__(self, run: Run, key: int | None, cut: tuple[str, str, str]) -> None:
        label, condition, scope = cut
        self.run = run
        self.key = key
        self.metrics = run.user_metrics()
        if key is not None:
            condition = f"{condition} and user_rows.cutoff_key = {key}"
        values = run.user_values(label, condition, scope, pooled=key is None)
        run.create(
            "block_rows",
            f"""
            select user_values.* exclude (user_id), user_numbers.user_number
            from ({values}) as user_values
            inner join user_numbers using (user_id)
            """,
        )
        pairs = run.sql("select distinct strategy_key, k from block_rows order by all")
        self.pairs = {pair: number for number, pair in enumerate(pairs)}
        self.columns = [(*pair, metric) for pair in pairs for metric in self.metrics]

    def segments(self) -> list[str]:
        return [
            row[0] for row in self.run.sql("select distinct segment from block_rows order by 1")
        ]

    def users(self) -> int:
        """All users; a segment's users are some of them."""
        return self.run.sql("select count(*) from user_numbers")[0][0]

    def telling(self, segment: str) -> int:
        """How many users can tell strategies apart; in lists, those with a hit in one of them."""
        has_hit = "and hit_rate > 0" if self.run.needs_hits else ""
        return self.run.sql(
            "select count(distinct user_number) from block_rows "
            f"where segment = {literal(segment)} {has_hit}"
        )[0][0]

    def each(self, segment: str) -> Iterator[Array]:
        """Blocks of values, users by columns, NaN where a user has no value."""
        width = len(self.metrics)
        for start in range(0, self.users(), BLOCK_USERS):
            found = self.run.connection.execute(
                f"""
                select user_number, strategy_key, k, {", ".join(self.metrics)}
                from block_rows
                where segment = {literal(segment)}
                    and user_number between {start} and {start + BLOCK_USERS - 1}
                """
            ).fetchnumpy()
            numbers, found["user_number"] = np.unique(found["user_number"], return_inverse=True)
            size = len(numbers)
            block = np.full((size, len(self.pairs), width), np.nan)
            for (strategy_key, k), pair in self.pairs.items():
                mine = (found["strategy_key"] == strategy_key) & (found["k"] == k)
                rows = found["user_number"][mine]
                for number, metric in enumerate(self.metrics):
                    values = np.ma.filled(np.ma.asarray(found[metric][mine], dtype=float), np.nan)
                    block[rows, pair, number] = values
            yield block.reshape(size, len(self.columns))


@dataclass(frozen=True)
class Resampled:
    """Sums over the users of a segment, a number per column unless said otherwise."""

    n: int  # evaluated users
    sums: Array
    products: Array  # columns by columns: sums of products, from which variances follow
    means: Array | None  # resamples by columns: the bootstrap's means
    flipped: Array  # draws by columns: sums with random signs, one sign a user
    flips_are_all: bool  # every choice of signs is there, not a random selection


def resample(
    blocks: Blocks,
    segment: str,
    resamples: int,
    permutations: int,
    seed: Sequence[int],
    on_share: Callable[[float], None],
) -> Resampled:
    """One pass over the users: sums, bootstrap means and sign-flipped sums.

    The Poisson bootstrap (Hanley and MacGibbon 2006) gives every user in every resample a weight
    drawn from a Poisson distribution with mean 1, which is what drawing users with replacement
    amounts to for many users. Weights are shared by all columns, so differences of strategies
    are resampled in pairs.

    One random sign a user serves every pair of strategies: the flipped sum of a difference is
    the difference of the flipped sums.
    """
    rng = np.random.Generator(np.random.SFC64(list(seed)))
    table = poisson_table()
    width = len(blocks.columns)
    n = 0
    sums = np.zeros(width)
    products = np.zeros((width, width))
    totals = np.zeros((resamples, width))
    weights_of = np.zeros((resamples, width))
    telling = blocks.telling(segment) if permutations else 0
    every_sign = bool(permutations) and 2**telling <= permutations
    draws = 2**telling if every_sign else permutations
    flipped = np.zeros((draws, width))
    told = 0
    n_blocks = -(-blocks.users() // BLOCK_USERS)
    for place, block in enumerate(blocks.each(segment), start=1):
        known = ~np.isnan(block)
        values = np.where(known, block, 0.0)
        # A user without the accuracy metrics is in the block only for the list metrics.
        n += int(
            known[:, [metric == "hit_rate" for *_, metric in blocks.columns]].any(axis=1).sum()
        )
        sums += values.sum(axis=0)
        if permutations:
            products += values.T @ values
        if resamples:
            weights = table[rng.integers(0, len(table), (resamples, len(block)), dtype=np.uint16)]
            totals += weights @ values.astype(np.float32)
            gaps = ~known.all(axis=0)
            weights_of[:, gaps] += weights @ known[:, gaps].astype(np.float32)
            weights_of[:, ~gaps] += weights.sum(axis=1, dtype=float)[:, None]
        if permutations:
            tells = values[:, [metric == "hit_rate" for *_, metric in blocks.columns]].any(axis=1)
            mine = values[tells | (not blocks.run.needs_hits)].astype(np.float32)
            count = len(mine)
            total = mine.sum(axis=0, dtype=float)
            for start in range(0, draws, DRAWS_AT_ONCE):
                end = min(draws, start + DRAWS_AT_ONCE)
                if every_sign:
                    choices = np.arange(start, end, dtype=np.int64)[:, None]
                    bits = (choices >> (told + np.arange(count))) & 1
                else:
                    drawn = rng.integers(0, 256, (end - start, -(-count // 8)), dtype=np.uint8)
                    bits = np.unpackbits(drawn, axis=1, count=count)
                flipped[start:end] += 2.0 * (bits.astype(np.float32) @ mine) - total
            told += count
        on_share(place / n_blocks)
    means = None
    if resamples:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = totals / weights_of
    return Resampled(n, sums, products, means, flipped, every_sign)


def poisson_table() -> Array:
    """65,536 equally likely weights that follow a Poisson distribution with mean 1.

    Looking a random 16-bit number up is many times faster than drawing from the distribution,
    and weights of 9 and more, which it leaves out, are one in 900,000.
    """
    size = 1 << 16
    shares = [math.exp(-1) / math.factorial(weight) for weight in range(9)]
    entries = [round(size * share) for share in shares]
    entries[1] += size - sum(entries)
    return np.repeat(np.arange(len(entries), dtype=np.float32), entries)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979): the chance of any false alarm stays below the level."""
    order = sorted(range(len(p_values)), key=lambda number: p_values[number])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, number in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[number]))
        adjusted[number] = largest
    return adjusted
