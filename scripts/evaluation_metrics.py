"""The offline evaluation: from lists and truth to metrics, intervals, tests and one sentence.

Given what each strategy recommended (`lists`) and what happened afterwards (`truth`), `evaluate`
works out how good, how varied and how personal the lists are, how sure one can be, and which
strategies really differ. Everything that touches a row per user is SQL in DuckDB; the bootstrap
and the sign-flip test are matrix products over blocks of users. Apart from reading the given
files nothing here has an effect: `scripts/evaluate.py` writes the results.

Words used below, for one user and one cutoff of the list at K:

    L    the user's list cut at K, position 1 first; it may be shorter than K
    T    the user's relevant pings: truth rows with relevance > 0 (not seen before the cutoff)
    R    the number of pings in T
    g    the relevance of a ping, 0 where it is not in T

A user in the truth without a list scores 0 in every accuracy metric. Each function that computes a
metric states its formula, where it comes from, and which libraries give the same number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Row = dict[str, Any]
OnStep = Callable[[str, float], None]  # what is being done, and the share of the work before it

ACCURACY_METRICS = (
    "hit_rate",
    "precision",
    "recall",
    "recall_capped",
    "mrr",
    "map",
    "ndcg",
    "ndcg_exp",
    "ndcg_binary",
)
# Means over the users with a list, evaluated or not.
LIST_METRICS = (
    "novelty",
    "popularity",
    "intra_list_diversity",
    "calibration",
    "unseen_share",
    "churn",
)
# One number for all lists together. Resampling users would break them: a resample sees only
# 63 % of the users, and so fewer pings than the users together were shown.
EXPOSURE_METRICS = (
    "item_coverage",
    "creator_coverage",
    "gini_exposure",
    "entropy",
    "personalisation",
    "popularity_lift",
)
METRICS = ACCURACY_METRICS + LIST_METRICS + EXPOSURE_METRICS

EVERYTHING = "all"  # the segment of all users, and the cutoff of the mean over cutoffs
ONLY_STRATEGY = "lists"  # the name of the strategy where the lists have no such column
CALIBRATION_ALPHA = 0.01  # Steck's value: keeps the divergence finite
LARGEST_GRADE_EXP = 500.0  # 2^grade stays a number below this, sums over many users included
RANK_BITS = 62  # ranks up to here are checked in the bits of one integer
BLOCK_USERS = 8_192  # users in one matrix product: a block of weights is 32 MB at 1,000 resamples
DRAWS_AT_ONCE = 1_000  # random choices of signs in one matrix product
FEWEST_RESAMPLES = 100
LARGEST_K = 999_999  # what DuckDB's top-K aggregate can take

INTEGER_TYPES = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
}
TABLE_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv"}


class InputError(ValueError):
    """Something given cannot be used. The message is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Inputs:
    """The tables to evaluate: Parquet or CSV files, or folders of them.

    Any of them may have a column `cutoff`: its rows then belong to the fold of that name. Lists
    and truth have it both or neither; another table without it serves every cutoff.

    lists: user_id, ping_id, rank (1 first, without gaps), optionally strategy
    truth: user_id, ping_id, relevance (0 or more; above 0 is relevant)
    catalogue: ping_id, optionally creator_id, category, and one of popularity, global_engagement,
        users_interacted (measured before the cutoff)
    users: user_id, optionally is_new, activity (a label), left_out_reason or is_eligible
    history: user_id, ping_id: what each user had seen before the cutoff; repeats do no harm
    """

    lists: Path
    truth: Path
    catalogue: Path | None = None
    users: Path | None = None
    history: Path | None = None


@dataclass(frozen=True)
class Settings:
    """What to compute.

    ks: lengths at which the lists are cut
    bootstrap: resamples of the Poisson bootstrap, 0 for none
    permutations: draws of the sign-flip test
    confidence: of the intervals; 1 - confidence is also the level of the tests
    baselines: strategies that the others are compared with, where they are among the lists. The
        best of them is always a partner; `references` always are, and the sentence is about them
    primary_metric, primary_k: what the sentence is about; k 0 means 10 if asked for, else the
        largest
    exclude_seen: with a history, relevant pings that the user had already seen do not count
    activity_bounds: lower bounds of the activity buckets, in pings seen, where `users` has none
    """

    ks: tuple[int, ...] = (10,)
    bootstrap: int = 0
    permutations: int = 10_000
    confidence: float = 0.95
    seed: int = 20_240_213
    baselines: tuple[str, ...] = ("random", "popular", "trending")
    references: tuple[str, ...] = ("popular", "trending")
    primary_metric: str = "ndcg"
    primary_k: int = 0
    exclude_seen: bool = True
    activity_bounds: tuple[int, ...] = (1, 5, 20)

    @property
    def sentence_k(self) -> int:
        """The list length that the closing sentence is about."""
        if self.primary_k:
            return self.primary_k
        return 10 if 10 in self.ks else max(self.ks)


@dataclass(frozen=True)
class Evaluation:
    """The results, in rows ready to be written. `per_user` stays in the connection, as a table.

    metrics: cutoff, strategy, segment, k, metric, value, low, high (normal interval),
        bootstrap_low, bootstrap_high, n
    comparisons: cutoff, k, metric, strategy, baseline, is_best_baseline, n, value,
        baseline_value, difference, low, high, bootstrap_low, bootstrap_high, p_value, p_holm,
        verdict
    counts: cutoff, strategy (none where it does not depend on one), what, reason, users
    notes: sentences on what was not computed, and on what looks odd in the input
    conclusion: one sentence on which strategies are better than the baselines
    """

    settings: Settings
    metrics: list[Row]
    comparisons: list[Row]
    counts: list[Row]
    notes: list[str]
    conclusion: str


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    settings: Settings,
    on_step: OnStep | None = None,
) -> Evaluation:
    """Evaluate the lists. Leaves the temporary table `per_user` behind, see `PER_USER_COLUMNS`.

    Raises InputError where the input or the settings cannot be used.
    """
    step = on_step or (lambda _what, _share: None)
    check_settings(settings)
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set TimeZone = 'UTC'")

    step("reading the lists and the truth", 0.0)
    tables = open_inputs(connection, inputs)
    run = _Run(connection, settings, tables)
    run.load_keys()
    run.load_lists_and_truth()
    step("checking the lists and the truth", 0.05)
    run.check_lists()
    run.check_truth()
    step("reading the catalogue, the users and the history", 0.15)
    run.load_history()
    run.load_items()
    run.load_users()
    step("finding the users to evaluate", 0.25)
    run.find_evaluated_users()
    step("scoring the lists", 0.30)
    run.score_accuracy()
    run.score_lists()
    run.assemble_per_user()
    step("averaging over users and segments", 0.50)
    counts = run.counts()
    metrics = run.mean_metrics() + run.exposure_metrics()
    run.note_seen(metrics)

    def block_step(share: float) -> None:
        step("intervals and tests", 0.60 + 0.40 * share)

    comparisons = run.intervals_and_tests(metrics, block_step)
    step("done", 1.0)
    return Evaluation(
        settings=settings,
        metrics=sorted(metrics, key=_metric_order),
        comparisons=comparisons,
        counts=counts,
        notes=run.notes,
        conclusion=conclude(comparisons, settings, run.strategy_names()),
    )


def check_settings(settings: Settings) -> None:
    """Stop at a setting that makes no sense."""
    if not settings.ks:
        raise InputError("no K is given: name at least one list length, such as 10.")
    for k in settings.ks:
        if k < 1:
            raise InputError(
                f"K is {k}: a list is cut at 1 or more, so give whole numbers above 0."
            )
        if k > LARGEST_K:
            raise InputError(f"K is {k}: nobody reads so long a list; give {LARGEST_K:,} or less.")
    if len(set(settings.ks)) != len(settings.ks):
        raise InputError("the same K is given twice: name each list length once.")
    if settings.bootstrap and settings.bootstrap < FEWEST_RESAMPLES:
        raise InputError(
            f"{settings.bootstrap} bootstrap resamples are too few for an interval: "
            f"give {FEWEST_RESAMPLES} or more (1000 is usual), or 0 for none."
        )
    if settings.permutations < 1:
        raise InputError(f"{settings.permutations} permutations: give 1 or more (10000 is usual).")
    if not 0.5 <= settings.confidence < 1:
        raise InputError(
            f"the confidence is {settings.confidence}: give a share from 0.5 to below 1, like 0.95."
        )
    if settings.primary_metric not in ACCURACY_METRICS:
        raise InputError(
            f"{settings.primary_metric!r} cannot decide between strategies: "
            f"use one of {', '.join(ACCURACY_METRICS)}."
        )
    if settings.primary_k and settings.primary_k not in settings.ks:
        raise InputError(
            f"the deciding K is {settings.primary_k}, which is not among the asked-for "
            f"{_listed(settings.ks)}: add it there or choose one of them."
        )


# ---------------------------------------------------------------------------------------------
# Input files


@dataclass(frozen=True)
class _Table:
    """One input: a relation that DuckDB can read, its columns by their plain names, its file."""

    name: str  # of the file, for messages
    relation: str
    columns: dict[str, str]  # lower-case name -> name as written
    types: dict[str, str]
    is_csv: bool

    def has(self, column: str) -> bool:
        return column in self.columns

    def column(self, column: str) -> str:
        return _identifier(self.columns[column])


def open_inputs(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, _Table]:
    """Find the files, and check that each has the columns that it must have."""
    wanted: dict[str, tuple[Path | None, tuple[str, ...]]] = {
        "lists": (inputs.lists, ("user_id", "ping_id", "rank")),
        "truth": (inputs.truth, ("user_id", "ping_id", "relevance")),
        "catalogue": (inputs.catalogue, ("ping_id",)),
        "users": (inputs.users, ("user_id",)),
        "history": (inputs.history, ("user_id", "ping_id")),
    }
    tables = {}
    for kind, (path, required) in wanted.items():
        if path is None:
            continue
        table = _open_table(connection, kind, path)
        missing = [column for column in required if not table.has(column)]
        if missing:
            has = ", ".join(table.columns.values()) or "none"
            raise InputError(
                f"{table.name} ({kind}) has no column {' or '.join(missing)}; its columns are "
                f"{has}: rename or add it."
            )
        for column in ("user_id", "ping_id"):
            if table.types.get(column) in {"DOUBLE", "FLOAT"}:
                raise InputError(
                    f"{column} in {table.name} ({kind}) is a floating-point number, which does "
                    "not identify anything: write it as text or as a whole number."
                )
        tables[kind] = table
    for kind, table in tables.items():
        if table.has("cutoff") and not tables["lists"].has("cutoff") and kind != "truth":
            raise InputError(
                f"{table.name} ({kind}) has a column cutoff and {tables['lists'].name} has not: "
                "give it to the lists too, or keep the rows of one cutoff without the column."
            )
    if tables["lists"].has("cutoff") != tables["truth"].has("cutoff"):
        with_it, without = (
            ("lists", "truth") if tables["lists"].has("cutoff") else ("truth", "lists")
        )
        raise InputError(
            f"{tables[with_it].name} has a column cutoff and {tables[without].name} has not: "
            "give it to both or to neither, or lists and truth cannot be matched."
        )
    return tables


def _open_table(connection: duckdb.DuckDBPyConnection, kind: str, path: Path) -> _Table:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _format(file))
        if not files:
            raise InputError(f"{path} ({kind}) has no Parquet or CSV file in it: name another.")
    elif path.exists():
        files = [path]
    else:
        raise InputError(f"{path} ({kind}) does not exist: check the name.")
    formats = {_format(file) for file in files}
    if None in formats:
        raise InputError(f"{path} ({kind}) is neither .parquet nor .csv: convert or rename it.")
    if len(formats) > 1:
        raise InputError(f"{path} ({kind}) mixes Parquet and CSV files: keep one kind there.")
    names = "[" + ", ".join(_text(str(file)) for file in files) + "]"
    is_csv = formats == {"csv"}
    if is_csv:
        # Everything is read as text: what is a number is decided below, with a sentence if not.
        reader = f"read_csv({names}, header = true, all_varchar = true, union_by_name = true)"
    else:
        reader = (
            f"read_parquet({names}, union_by_name = true)"
            if files[1:]
            else (f"read_parquet({names})")
        )
    try:
        described = connection.execute(f"describe select * from {reader}").fetchall()
        if is_csv:
            relation = f"raw_{kind}"
            connection.execute(f"create or replace temp table {relation} as select * from {reader}")
            reader = relation
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{path} ({kind}) cannot be read: {reason.rstrip('.')}.") from error
    columns: dict[str, str] = {}
    types: dict[str, str] = {}
    for name, column_type, *_ in described:
        plain = name.strip().lower()
        if plain in columns:
            raise InputError(f"{path} ({kind}) has two columns named {plain}: rename one.")
        columns[plain] = name
        types[plain] = column_type
    return _Table(path.name, reader, columns, types, is_csv)


def _format(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes = suffixes[:-1]
    return TABLE_SUFFIXES.get(suffixes[-1]) if suffixes else None


# ---------------------------------------------------------------------------------------------
# The evaluation itself, a temporary table at a time

# A way of cutting the users: a SQL label, and the rows that it is for.
_ALL_USERS = (f"'{EVERYTHING}'", "true")
_BY_NEW = ("case when is_new then 'new' else 'existing' end", "is_new is not null")
_BY_ACTIVITY = ("'activity_' || activity", "activity is not null")

PER_USER_COLUMNS = (
    "cutoff",
    "strategy",
    "user_id",
    "item_scope",
    "k",
    "is_evaluated",
    "is_new",
    "activity",
    "list_length",
    "n_relevant",
    "hits",
    *ACCURACY_METRICS,
    *LIST_METRICS,
)


@dataclass
class _Run:
    """One evaluation: the connection with its temporary tables, and what is known about them."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    tables: dict[str, _Table]
    notes: list[str] = field(default_factory=list)
    cutoffs: list[str] = field(default_factory=list)
    strategies: list[str] = field(default_factory=list)
    everywhere: list[int] = field(default_factory=list)  # strategies with lists at every cutoff
    has_items: bool = False
    has_warmth: bool = False
    has_new: bool = False
    has_activity: bool = False
    has_left_out: bool = False
    has_categories: bool = False
    has_creators: bool = False
    has_popularity: bool = False
    has_list_scores: bool = False
    largest_grade: float = 0.0

    # -- small helpers

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement).fetchall()

    def create(self, name: str, query: str, kind: str = "table") -> None:
        self.connection.execute(f"create or replace temp {kind} {name} as {query}")

    def create_or_view(self, name: str, query: str, keep: bool) -> None:
        """A view of the query, or of a copy of its result that is kept to be read again."""
        if keep:
            self.create(f"{name}_kept", query)
            query = f"from {name}_kept"
        self.create(name, query, "view")

    def rows(self, statement: str) -> list[Row]:
        cursor = self.connection.execute(statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def varying(self, *keys: str) -> list[str]:
        """The keys that tell rows apart: grouping by a constant is not free."""
        constant = {
            "cutoff_key": len(self.cutoffs) == 1,
            "strategy_key": len(self.strategies) == 1,
            "scope_key": not self.has_warmth,
            "k": len(self.settings.ks) == 1,
        }
        return [key for key in keys if not constant.get(key)]

    def keyed(self, relation: str, *keys: str) -> tuple[str, str]:
        """Keys to select (constants written out) and keys to group by."""
        varying = self.varying(*keys)
        written = {"scope_key": "cast(0 as utinyint)", "k": f"cast({self.largest_k} as integer)"}
        selected = [
            f"{relation}.{key}"
            if key in varying
            else f"{written.get(key, 'cast(0 as usmallint)')} as {key}"
            for key in keys
        ]
        return ", ".join(selected), ", ".join(f"{relation}.{key}" for key in varying)

    def match(self, left: str, right: str, *keys: str) -> str:
        """A join condition on those of the keys that vary."""
        return " and ".join(f"{left}.{key} = {right}.{key}" for key in self.varying(*keys))

    @property
    def largest_k(self) -> int:
        return max(self.settings.ks)

    @property
    def has_segments(self) -> bool:
        return self.has_new or self.has_activity

    def segmentations(self) -> list[tuple[str, str]]:
        """The ways to cut the users, as far as the input allows."""
        found = [_ALL_USERS]
        if self.has_new:
            found.append(_BY_NEW)
        if self.has_activity:
            found.append(_BY_ACTIVITY)
        return found

    def strategy_names(self) -> list[str]:
        return list(self.strategies)

    def where(self, cutoff_key: int, strategy_key: int | None = None) -> str:
        """Which fold a message is about; nothing where there is only one."""
        parts = []
        if strategy_key is not None and self.tables["lists"].has("strategy"):
            parts.append(f"strategy {self.strategies[strategy_key]}")
        if self.tables["lists"].has("cutoff"):
            parts.append(f"cutoff {self.cutoffs[cutoff_key]}")
        return f" ({', '.join(parts)})" if parts else ""

    def id_type(self, column: str) -> str:
        """Whole numbers are joined as such where every file has them, which is faster than text."""
        types = {table.types[column] for table in self.tables.values() if table.has(column)}
        return "bigint" if types <= INTEGER_TYPES else "varchar"

    def id(self, kind: str, column: str) -> str:
        table = self.tables[kind]
        return f"cast(source.{table.column(column)} as {self.id_type(column)})"

    def find_cutoffs(self, kind: str) -> set[str | None]:
        """The cutoffs that a table names, as text, timestamps in one way of writing.

        Each way of writing is read once, into a small table, and not for every row.
        """
        table = self.tables[kind]
        # Both ways of reading a time are in UTC; this one takes one with an offset, too.
        time = "cast(try_cast(text as timestamptz) as timestamp)"
        self.create(
            f"cutoffs_of_{kind}",
            f"""
            select written, coalesce(cast({time} as varchar), text) as cutoff
            from (
                select written, trim(cast(written as varchar)) as text
                from (
                    select distinct {table.column("cutoff")} as written from {table.relation}
                ) as found
            ) as named
            """,
        )
        return {row[0] for row in self.sql(f"select cutoff from cutoffs_of_{kind}")}

    def fold_join(self, kind: str) -> str:
        """Brings `cutoffs.cutoff_key` to a table that names cutoffs."""
        return (
            f"inner join cutoffs_of_{kind} as named "
            f"on source.{self.tables[kind].column('cutoff')} = named.written "
            "inner join cutoffs on named.cutoff = cutoffs.cutoff"
        )

    def fold_source(self, kind: str) -> tuple[str, str]:
        """The from-clause of an optional input, and the key of its cutoff."""
        relation = f"{self.tables[kind].relation} as source"
        if self.tables[kind].has("cutoff"):
            return f"{relation} {self.fold_join(kind)}", "cutoffs.cutoff_key"
        return f"{relation} cross join cutoffs", "cutoffs.cutoff_key"

    # -- lists and truth

    def load_keys(self) -> None:
        """Number the cutoffs and the strategies: small integers are cheap to join and group by."""
        lists, truth = self.tables["lists"], self.tables["truth"]
        for kind in ("lists", "truth"):
            if not self.sql(f"select 1 from {self.tables[kind].relation} limit 1"):
                hint = (
                    "there is nothing to compare the lists with; widen the horizon or check the "
                    "cutoff"
                    if kind == "truth"
                    else "there is nothing to evaluate"
                )
                raise InputError(f"{self.tables[kind].name} ({kind}) has no rows: {hint}.")
        if lists.has("cutoff"):
            found = {}
            for kind in ("lists", "truth"):
                found[kind] = self.find_cutoffs(kind)
                if None in found[kind] or "" in found[kind]:
                    raise InputError(
                        f"{self.tables[kind].name} ({kind}) has rows without a cutoff: fill it in."
                    )
            for name in sorted(found["lists"] - found["truth"]):
                raise InputError(
                    f"cutoff {name} has lists in {lists.name} but no row in {truth.name}: "
                    "its horizon is empty or written differently; add the truth or drop the lists."
                )
            for name in sorted(found["truth"] - found["lists"]):
                raise InputError(
                    f"cutoff {name} has truth in {truth.name} but no list in {lists.name}: "
                    "add the lists or drop the truth."
                )
            for kind in ("catalogue", "users", "history"):
                self._check_cutoffs_of(kind, found["lists"])
            if len(found["lists"]) > 1 and EVERYTHING in found["lists"]:
                raise InputError(
                    f"a cutoff is named {EVERYTHING!r}, which stands for the mean over cutoffs: "
                    "give it another name."
                )
            names = ", ".join(f"({_text(name)})" for name in found["lists"])
            self.cutoffs = [
                row[0]
                for row in self.sql(
                    f"select cutoff from (values {names}) as found (cutoff) "
                    "order by try_cast(cutoff as timestamp), try_cast(cutoff as double), cutoff"
                )
            ]
        else:
            self.cutoffs = [EVERYTHING]
        if lists.has("strategy"):
            rows = self.sql(
                f"select distinct trim(cast({lists.column('strategy')} as varchar)) "
                f"from {lists.relation}"
            )
            named = {row[0] for row in rows}
            if None in named or "" in named:
                raise InputError(
                    f"{lists.name} (lists) has rows without a strategy: fill in the name, or leave "
                    "out the column if there is only one."
                )
            self.strategies = sorted(named)
        else:
            self.strategies = [ONLY_STRATEGY]
        for name, key, values in (
            ("cutoffs", "cutoff", self.cutoffs),
            ("strategies", "strategy", self.strategies),
        ):
            rows = ", ".join(f"({number}, {_text(value)})" for number, value in enumerate(values))
            self.create(
                name,
                f"select cast(number as usmallint) as {key}_key, {key} "
                f"from (values {rows}) as found (number, {key})",
            )
        ks = ", ".join(f"({k})" for k in self.settings.ks)
        self.create("ks", f"select cast(k as integer) as k from (values {ks}) as asked (k)")

    def _check_cutoffs_of(self, kind: str, cutoffs: set[str]) -> None:
        """An optional table that names cutoffs must have every one of them."""
        table = self.tables.get(kind)
        if table is None or not table.has("cutoff"):
            return
        for name in sorted(cutoffs - self.find_cutoffs(kind)):
            raise InputError(
                f"{table.name} ({kind}) has a column cutoff but no row for cutoff {name} of the "
                "lists: add its rows, or leave out the column if one table serves every cutoff."
            )

    def load_lists_and_truth(self) -> None:
        """Give both tables plain columns and keys.

        A single Parquet file of one fold is read where it is, which is cheaper than a copy as
        long as it is read a few times only.
        """
        read_often = {"catalogue", "history", "users"} & set(self.tables)
        for kind in ("lists", "truth"):
            table = self.tables[kind]
            joins = []
            cutoff_key = strategy_key = "cast(0 as usmallint)"
            if table.has("cutoff"):
                joins.append(self.fold_join(kind))
                cutoff_key = "cutoffs.cutoff_key"
            if kind == "lists" and table.has("strategy"):
                strategy = f"trim(cast(source.{table.column('strategy')} as varchar))"
                joins.append(f"inner join strategies on {strategy} = strategies.strategy")
                strategy_key = "strategies.strategy_key"
            columns = [f"{cutoff_key} as cutoff_key"]
            if kind == "lists":
                columns.append(f"{strategy_key} as strategy_key")
            columns += [f"{self.id(kind, name)} as {name}" for name in ("user_id", "ping_id")]
            if kind == "lists":
                columns.append(f"{self._rank()} as rank")
            else:
                relevance = f"source.{table.column('relevance')}"
                columns.append(f"try_cast({relevance} as double) as relevance")
            query = f"select {', '.join(columns)} from {table.relation} as source {' '.join(joins)}"
            keep = bool(joins or read_often or table.is_csv)
            name = "list_rows" if kind == "lists" else "truth_rows"
            self.create_or_view(name, query, keep)

    def _rank(self) -> str:
        """The rank as an integer; null where it is not a whole number of 1 or more."""
        table = self.tables["lists"]
        written = f"source.{table.column('rank')}"
        if table.types["rank"] in INTEGER_TYPES:
            return f"cast({written} as bigint)"
        number = f"try_cast({written} as double)"
        return (
            f"case when {number} between 1 and 1e9 and {number} = floor({number}) "
            f"then cast({number} as bigint) end"
        )

    def check_lists(self) -> None:
        """Ids and ranks are there, ranks run 1, 2, 3 ... without gaps, no ping comes twice.

        A user's ranks are set as bits of one integer: n ranks are 1 to n exactly when the lowest
        n bits, and no others, are set. Equal pings have equal hashes, so n different hashes in a
        list of n prove that no ping comes twice; only where they do not (a repeat, or a rare
        collision) are the pings themselves compared.
        """
        name = f"{self.tables['lists'].name} (lists)"
        self._check_ids("list_rows", name)
        odd = self._first("list_rows", "rank is null or rank < 1", "strategy_key", "user_id")
        if odd:
            key, strategy, user = odd
            raise InputError(
                f"{name} has a rank that is not a whole number from 1 up, first for user {user}"
                f"{self.where(key, strategy)}: number each list 1, 2, 3 and so on."
            )
        selected, grouped = self.keyed("list_rows", "cutoff_key", "strategy_key", "user_id")
        self.create(
            "list_users",
            f"""
            select
                cutoff_key, strategy_key, user_id, n_items,
                row_number() over () as list_number,
                n_items > {RANK_BITS} or coalesce(
                    rank_bits = (cast(1 as bigint) << least(n_items, {RANK_BITS})) - 1, false
                ) as is_dense,
                list_unique(hashes) as n_hashes
            from (
                select
                    {selected},
                    cast(count(*) as integer) as n_items,
                    bit_or(
                        case when rank <= {RANK_BITS}
                            then cast(1 as bigint) << cast(rank - 1 as integer) end
                    ) as rank_bits,
                    list(hash(ping_id)) as hashes
                from list_rows
                group by {grouped}
            ) as by_user
            """,
        )
        self._refuse_repeats(
            "list_rows",
            "list_users",
            "n_hashes < n_items",
            ("cutoff_key", "strategy_key", "user_id"),
            name,
            "keep each ping once in a list",
        )
        odd = self._first("list_users", "not is_dense", "strategy_key", "user_id")
        # Longer lists than there are bits are rare, and are looked at one by one.
        for row in (
            [odd]
            if odd
            else self.sql(
                f"""
            select list_rows.cutoff_key, list_rows.strategy_key, cast(user_id as varchar)
            from list_rows
            inner join list_users using (cutoff_key, strategy_key, user_id)
            where list_users.n_items > {RANK_BITS}
            group by list_rows.cutoff_key, list_rows.strategy_key, user_id
            having count(distinct rank) < count(*) or max(rank) > count(*)
            order by all
            limit 1
            """
            )
        ):
            key, strategy, user = row
            ranks = self.sql(
                "select rank from list_rows "
                f"where cutoff_key = {key} and strategy_key = {strategy} "
                f"and cast(user_id as varchar) = {_text(user)} order by rank"
            )
            raise InputError(
                f"{name}: the ranks of user {user}{self.where(key, strategy)} are "
                f"{_break_in([row[0] for row in ranks])}: number each list 1, 2, 3 and so on, "
                "without gaps or repeats."
            )

    def check_truth(self) -> None:
        """Ids are there, every relevance is a number of 0 or more, and no pair comes twice."""
        name = f"{self.tables['truth'].name} (truth)"
        self._check_ids("truth_rows", name)
        # NaN is above every number in DuckDB, and not below infinity.
        usable = "relevance >= 0 and relevance < cast('infinity' as double)"
        odd = self._first("truth_rows", f"not coalesce({usable}, false)", "user_id")
        if odd:
            key, user = odd
            raise InputError(
                f"{name} has a relevance that is not a number of 0 or more (missing, NaN, "
                f"infinite, negative or text), first for user {user}{self.where(key)}: correct or "
                "remove such rows."
            )
        self.largest_grade = self.sql("select max(relevance) from truth_rows")[0][0]
        if self.largest_grade <= 0:
            raise InputError(
                f"{name} has no relevance above 0, so there is nothing to find: check the grades "
                "or widen the horizon."
            )
        selected, grouped = self.keyed("truth_rows", "cutoff_key", "user_id")
        self.create(
            "truth_users",
            f"""
            select * exclude (hashes), list_unique(hashes) as n_hashes
            from (
                select
                    {selected},
                    count(*) as n_rows,
                    cast(count(*) filter (relevance > 0) as integer) as n_relevant,
                    list(hash(ping_id)) as hashes
                from truth_rows
                group by {grouped}
            ) as by_user
            """,
        )
        self._refuse_repeats(
            "truth_rows",
            "truth_users",
            "n_hashes < n_rows",
            ("cutoff_key", "user_id"),
            name,
            "keep one row a pair, such as the one with the highest relevance",
        )

    def _check_ids(self, rows: str, name: str) -> None:
        """Stop at a missing or blank id.

        One by one these conditions cost next to nothing, as Parquet knows the smallest value and
        the number of nulls of each part of a column: blank text is below '!'.
        """
        for column in ("user_id", "ping_id"):
            conditions = [f"{column} is null"]
            if self.id_type(column) == "varchar":
                conditions.append(f"{column} < '!' and trim({column}) = ''")
            for condition in conditions:
                if self.sql(f"select 1 from {rows} where {condition} limit 1"):
                    raise InputError(f"{name} has rows without a {column}: remove or fill them.")

    def _first(self, table: str, condition: str, *columns: str) -> tuple[Any, ...] | None:
        """The first row, by cutoff and the columns, that meets the condition."""
        if not self.sql(f"select count(*) from {table} where {condition}")[0][0]:
            return None
        written = [f"cast({name} as varchar)" if name == "user_id" else name for name in columns]
        return self.sql(
            f"select cutoff_key, {', '.join(written)} from {table} where {condition} "
            "order by all limit 1"
        )[0]

    def _refuse_repeats(
        self,
        rows: str,
        users: str,
        is_suspicious: str,
        keys: tuple[str, ...],
        name: str,
        advice: str,
    ) -> None:
        """Look at suspicious users' own pings; stop if one comes twice."""
        if not self.sql(f"select count(*) from {users} where {is_suspicious}")[0][0]:
            return
        columns = ", ".join([*keys, "ping_id"])
        found = self.rows(
            f"""
            select {columns}, count(*) as times, count(*) over () as pairs
            from {rows}
            semi join (from {users} where {is_suspicious}) as suspicious using ({", ".join(keys)})
            group by {columns}
            having count(*) > 1
            order by {columns}
            limit 1
            """
        )
        for row in found:
            where = self.where(row["cutoff_key"], row.get("strategy_key"))
            others = f" (and {row['pairs'] - 1:,} more pairs repeat)" if row["pairs"] > 1 else ""
            raise InputError(
                f"{name}: user {row['user_id']} has ping {row['ping_id']} {row['times']} times"
                f"{where}{others}: {advice}."
            )

    # -- history, items, users

    def load_history(self) -> None:
        """Seen pairs by cutoff, each once, and how many users had seen anything at all."""
        if "history" not in self.tables:
            return
        source, cutoff_key = self.fold_source("history")
        self.create(
            "history_pairs",
            f"""
            select distinct
                {cutoff_key} as cutoff_key,
                {self.id("history", "user_id")} as user_id,
                {self.id("history", "ping_id")} as ping_id
            from {source}
            """,
        )
        if self.sql("select 1 from history_pairs where user_id is null or ping_id is null limit 1"):
            raise InputError(
                f"{self.tables['history'].name} (history) has rows without a user_id or ping_id: "
                "remove or fill them."
            )

    def load_items(self) -> None:
        """What is known of each ping before the cutoff.

        Its popularity is the catalogue's popularity, global_engagement or users_interacted
        (the first that is there), else the number of users in the history that saw it. It is
        warm where somebody had touched it before the cutoff: by the history, or without one by a
        count in the catalogue that is not 0.
        """
        catalogue = self.tables.get("catalogue")
        has_history = "history" in self.tables
        self.has_items = catalogue is not None or has_history
        if not self.has_items:
            return
        popularity = warmth = None
        if catalogue:
            self._load_catalogue(catalogue)
            for column in ("popularity", "global_engagement", "users_interacted"):
                if catalogue.has(column):
                    popularity = f"coalesce(catalogue.{column}, 0)"
                    break
            for column in ("users_interacted", "global_engagement", "popularity"):
                if catalogue.has(column):
                    warmth = f"coalesce(catalogue.{column}, 0) <> 0"
                    break
            self.has_creators = catalogue.has("creator_id")
            self.has_categories = catalogue.has("category")
        if has_history:
            self.create(
                "seen_items",
                "select cutoff_key, ping_id, count(*) as n_users from history_pairs "
                "group by cutoff_key, ping_id",
            )
            popularity = popularity or "coalesce(seen_items.n_users, 0)"
            warmth = "seen_items.n_users is not null"
        self.has_popularity = popularity is not None
        self.has_warmth = warmth is not None
        joined = {
            (True, True): "catalogue full join seen_items using (cutoff_key, ping_id)",
            (True, False): "catalogue",
            (False, True): "seen_items",
        }[catalogue is not None, has_history]
        in_catalogue = "coalesce(catalogue.is_listed, false)" if catalogue else "true"
        self.create(
            "items",
            f"""
            select
                cutoff_key,
                ping_id,
                {in_catalogue} as in_catalogue,
                {"catalogue.creator_id" if self.has_creators else "null"} as creator_id,
                {"catalogue.category_key" if self.has_categories else "null"} as category_key,
                cast({popularity or "null"} as double) as popularity,
                {"coalesce(seen_items.n_users, 0)" if has_history else "null"} as n_users,
                {warmth or "null"} as is_warm
            from {joined}
            """,
        )
        if catalogue:
            listed = self.sql("select count(*) from items where in_catalogue group by cutoff_key")
            smallest = min((row[0] for row in listed), default=0)
            for k in self.settings.ks:
                if k > smallest:
                    self.notes.append(
                        f"K = {k} is more than the {smallest:,} pings of the catalogue: no list "
                        f"can be that long, and precision at {k} cannot exceed "
                        f"{min(1.0, smallest / k):.3g}."
                    )
            unknown = self.sql(
                """
                select count(distinct list_rows.ping_id)
                from list_rows
                anti join (from items where in_catalogue) as listed using (cutoff_key, ping_id)
                """
            )[0][0]
            if unknown:
                self.notes.append(
                    f"{unknown:,} recommended pings are not in the catalogue: they count as "
                    "recommended, but not in coverage and gini, and have no category or creator."
                )

    def _load_catalogue(self, catalogue: _Table) -> None:
        source, cutoff_key = self.fold_source("catalogue")
        columns = [f"{cutoff_key} as cutoff_key", f"{self.id('catalogue', 'ping_id')} as ping_id"]
        for column in ("creator_id", "category"):
            if catalogue.has(column):
                text = f"nullif(trim(cast(source.{catalogue.column(column)} as varchar)), '')"
                columns.append(f"{text} as {column}")
        for column in ("popularity", "global_engagement", "users_interacted"):
            if catalogue.has(column):
                columns.append(f"try_cast(source.{catalogue.column(column)} as double) as {column}")
        query = f"select {', '.join(columns)}, true as is_listed from {source}"
        if catalogue.has("category"):
            number = "dense_rank() over (order by category)"
            query = (
                f"select *, case when category is not null then {number} end as category_key "
                f"from ({query}) as listed"
            )
        self.create("catalogue", query)
        odd = self.sql(
            "select cast(ping_id as varchar), count(*) from catalogue group by cutoff_key, ping_id "
            "having count(*) > 1 or ping_id is null order by all limit 1"
        )
        for ping, times in odd:
            if ping is None:
                raise InputError(
                    f"{catalogue.name} (catalogue) has rows without a ping_id: remove or fill them."
                )
            raise InputError(
                f"{catalogue.name} (catalogue) has ping {ping} {times} times: keep one row a ping."
            )
        for column in ("popularity", "global_engagement", "users_interacted"):
            if catalogue.has(column) and self.sql(
                f"select 1 from catalogue where isnan({column}) or isinf({column}) limit 1"
            ):
                raise InputError(
                    f"{catalogue.name} (catalogue) has a {column} that is NaN or infinite: "
                    "write numbers, or leave it empty for 0."
                )

    def load_users(self) -> None:
        """Each known user's segments, and the reason for leaving somebody out.

        Without a column `activity` the users' buckets come from the history: how many pings they
        had seen before the cutoff.
        """
        users = self.tables.get("users")
        has_history = "history" in self.tables
        if users:
            self._load_given_users(users)
        self.has_activity = has_history or bool(users and users.has("activity"))
        if not users and not has_history:
            return
        if users and (users.has("activity") or not has_history):
            self.create("segments", "from given_users")
            return
        self.create(
            "seen_by_user",
            "select cutoff_key, user_id, count(*) as n_seen from history_pairs "
            "group by cutoff_key, user_id",
        )
        bucket = self._activity_bucket("coalesce(seen_by_user.n_seen, 0)")
        known = "given_users" if users else "known_users"
        if not users:
            self.create(
                "known_users",
                """
                select
                    cutoff_key,
                    user_id,
                    cast(null as boolean) as is_new,
                    cast(null as varchar) as left_out_reason
                from (
                    select cutoff_key, user_id from list_users
                    union
                    select cutoff_key, user_id from truth_users
                ) as met
                """,
            )
        self.create(
            "segments",
            f"""
            select
                {known}.cutoff_key,
                {known}.user_id,
                {known}.is_new,
                {bucket} as activity,
                {known}.left_out_reason
            from {known}
            left join seen_by_user using (cutoff_key, user_id)
            """,
        )

    def _activity_bucket(self, seen: str) -> str:
        bounds = sorted(set(self.settings.activity_bounds))
        cases = []
        lower = 0
        for bound in bounds:
            name = str(lower) if bound - 1 == lower else f"{lower}_to_{bound - 1}"
            cases.append(f"when {seen} < {bound} then '{name}'")
            lower = bound
        return f"case {' '.join(cases)} else '{lower}_up' end" if cases else f"'{lower}_up'"

    def _load_given_users(self, users: _Table) -> None:
        source, cutoff_key = self.fold_source("users")
        self.has_new = users.has("is_new")
        self.has_left_out = users.has("left_out_reason") or users.has("is_eligible")
        reason = "cast(null as varchar)"
        if users.has("left_out_reason"):
            written = f"source.{users.column('left_out_reason')}"
            reason = f"nullif(trim(cast({written} as varchar)), '')"
        if users.has("is_eligible"):
            eligible = f"try_cast(source.{users.column('is_eligible')} as boolean)"
            reason = (
                f"case when coalesce({eligible}, true) then {reason} "
                f"else coalesce({reason}, 'not eligible') end"
            )
        is_new = "cast(null as boolean)"
        if self.has_new:
            # A user that we know, but not since when, is not new.
            is_new = f"coalesce(try_cast(source.{users.column('is_new')} as boolean), false)"
        activity = "cast(null as varchar)"
        if users.has("activity"):
            written = f"source.{users.column('activity')}"
            activity = f"nullif(trim(cast({written} as varchar)), '')"
        self.create(
            "given_users",
            f"""
            select
                {cutoff_key} as cutoff_key,
                {self.id("users", "user_id")} as user_id,
                {is_new} as is_new,
                {activity} as activity,
                {reason} as left_out_reason
            from {source}
            """,
        )
        odd = self.sql(
            "select cast(user_id as varchar), count(*) from given_users "
            "group by cutoff_key, user_id having count(*) > 1 or user_id is null "
            "order by all limit 1"
        )
        for user, times in odd:
            if user is None:
                raise InputError(
                    f"{users.name} (users) has rows without a user_id: remove or fill them."
                )
            raise InputError(
                f"{users.name} (users) has user {user} {times} times: keep one row a user."
            )

    # -- who is evaluated

    def find_evaluated_users(self) -> None:
        """The relevant pairs that count, and the users that have one.

        A pair that the user had seen before the cutoff does not count (with `exclude_seen`): no
        strategy may recommend it. A user whose relevant pings were all seen, or who is left out
        by the users table, is not evaluated. Warm and cold items are two further scopes: the
        same lists against the relevant pings with, and without, any history.
        """
        drop_seen = "history" in self.tables and self.settings.exclude_seen
        joins = []
        conditions = ["truth_rows.relevance > 0"]
        if drop_seen:
            joins.append("anti join history_pairs using (cutoff_key, user_id, ping_id)")
        if self.has_left_out:
            joins.append(
                "anti join (from segments where left_out_reason is not null) as left_out "
                "using (cutoff_key, user_id)"
            )
        # An anti join keeps its left side only, so it comes before the join with the items.
        unseen = f"select * from truth_rows {' '.join(joins)} where {' and '.join(conditions)}"
        if self.has_warmth:
            query = f"""
                select relevant.*, coalesce(items.is_warm, false) as is_warm
                from ({unseen}) as relevant
                left join items using (cutoff_key, ping_id)
                """
        else:
            query = f"select *, cast(null as boolean) as is_warm from ({unseen}) as relevant"
        plain = not (joins or self.has_warmth)
        self.create_or_view("relevant", query, not plain)
        scopes = [(EVERYTHING, "null")]
        if self.has_warmth:
            scopes += [("warm_items", "true"), ("cold_items", "false")]
        values = ", ".join(
            f"({number}, '{name}', {warm})" for number, (name, warm) in enumerate(scopes)
        )
        self.create(
            "item_scopes",
            "select cast(number as utinyint) as scope_key, item_scope, "
            f"cast(warm as boolean) as warm from (values {values}) as scopes "
            "(number, item_scope, warm)",
        )
        if plain:
            evaluated = (
                "select cutoff_key, cast(0 as utinyint) as scope_key, user_id, n_relevant "
                "from truth_users where n_relevant > 0"
            )
        else:
            evaluated = f"""
                select
                    relevant.cutoff_key,
                    item_scopes.scope_key,
                    relevant.user_id,
                    cast(count(*) as integer) as n_relevant
                from relevant {self._scope_join("relevant")}
                group by relevant.cutoff_key, item_scopes.scope_key, relevant.user_id
                """
        self.create("evaluated_users", evaluated)
        for number, name in enumerate(self.cutoffs):
            found = self.sql(f"select 1 from evaluated_users where cutoff_key = {number} limit 1")
            if not found:
                at = f" at cutoff {name}" if self.tables["lists"].has("cutoff") else ""
                raise InputError(
                    f"nobody can be evaluated{at}: every relevant ping of the truth was already "
                    "seen by its user, or its user is left out; check the history and the users."
                )
        # A strategy takes part at the cutoffs where it has a list at all.
        self.create("folds", "select distinct cutoff_key, strategy_key from list_users")
        missing = self.sql(
            """
            select strategies.strategy, cutoffs.cutoff
            from strategies cross join cutoffs
            anti join folds using (cutoff_key, strategy_key)
            order by all
            """
        )
        for strategy, cutoff in missing:
            self.notes.append(
                f"{strategy} has no list at all at cutoff {cutoff}: it is not evaluated there, nor "
                "over all cutoffs."
            )
        absent = {strategy for strategy, _ in missing}
        self.everywhere = [key for key, name in enumerate(self.strategies) if name not in absent]

    def _scope_join(self, relation: str) -> str:
        if not self.has_warmth:
            return "cross join item_scopes"
        return f"inner join item_scopes on coalesce(item_scopes.warm = {relation}.is_warm, true)"

    # -- accuracy

    def score_accuracy(self) -> None:
        """Compare each list with the relevant pings. Creates `scored`: users with a hit only.

        Per user, over the list cut at K; the reported number is the mean over evaluated users.
        Equal to, per user within 1e-9: (r) ranx, (t) trec_eval through ir_measures,
        (c) RecTools.

        hit_rate       1 if any ping of L is in T. (r) hit_rate, (t) success, (c) HitRate
        precision      hits / K, also for a shorter list. (r) precision, (t) P, (c) Precision
        recall         hits / R. (r) recall, (t) recall, (c) Recall
        recall_capped  hits / min(R, K): 1 is within reach whatever R is. Thakur et al. 2021
                       (BEIR). (c) Precision with r_precision
        mrr            1 / position of the first hit, 0 without one. (r) mrr, (t) RR, (c) MRR
        map            sum over hits of (hits up to there / position), divided by R. (r) map,
                       (t) AP, (c) MAP. Some libraries divide by min(R, K) instead
        ndcg           DCG / ideal DCG. DCG is the sum over L of g / log2(position + 1); the ideal
                       is that of all pings of T in falling g, cut at K. Jarvelin and Kekalainen
                       2002. (r) ndcg, (t) nDCG
        ndcg_exp       the same with 2^g - 1 for g. Burges et al. 2005. (r) ndcg_burges
        ndcg_binary    the same with 1 for every g above 0. (c) NDCG with divide_by_achievable

        Only hits are numbered and only the users with a hit get an ideal: everybody else
        scores 0 whatever their ideal is.
        """
        self.create(
            "hits",
            f"""
            select
                list_rows.cutoff_key, list_rows.strategy_key, list_rows.user_id, list_rows.rank,
                relevant.relevance, relevant.is_warm
            from list_rows
            inner join relevant
                on {self.match("list_rows", "relevant", "cutoff_key", "user_id", "ping_id")}
            where list_rows.rank <= {self.largest_k}
            """,
        )
        ndcg_exp = "sum((pow(2, relevance) - 1) * discount)"
        ideal_exp = (
            "list_inner_product(list_transform(top, lambda grade: pow(2, grade) - 1), discounts)"
        )
        if self.largest_grade > LARGEST_GRADE_EXP:
            ndcg_exp = ideal_exp = "cast(null as double)"
            self.notes.append(
                f"ndcg_exp is not computed: 2 to the power of the largest relevance, "
                f"{self.largest_grade:g}, is not a usable number; scale the grades down."
            )
        by_list = ("cutoff_key", "strategy_key", "scope_key", "user_id")
        _, numbered_by = self.keyed("scoped", *by_list)
        selected, grouped = self.keyed("numbered", *by_list)
        self.create(
            "hit_sums",
            f"""
            with scoped as (
                select hits.*, item_scopes.scope_key
                from hits {self._scope_join("hits")}
            ),

            numbered as (
                select
                    scoped.*,
                    1 / log2(rank + 1) as discount,
                    row_number() over (partition by {numbered_by} order by rank) as hit_number
                from scoped
            )

            select
                {selected},
                ks.k,
                cast(count(*) as integer) as hits,
                min(rank) as first_rank,
                sum(hit_number / rank) as precision_sum,
                sum(relevance * discount) as dcg,
                {ndcg_exp} as dcg_exp,
                sum(discount) as dcg_binary
            from numbered
            inner join ks on numbered.rank <= ks.k
            group by {grouped}, ks.k
            """,
        )
        # No ideal is longer than the most that anybody has to find.
        most = self.sql("select max(n_relevant) from evaluated_users")[0][0]
        longest = min(self.largest_k, most)
        discounts = ", ".join(repr(1 / math.log2(rank + 1)) for rank in range(1, longest + 1))
        # The best possible list is the largest grades in falling order, which is what the top-K
        # aggregate gives without sorting the truth.
        selected, grouped = self.keyed("scoped", "cutoff_key", "scope_key", "user_id")
        self.create(
            "scored",
            f"""
            with scoped as (
                select relevant.*, item_scopes.scope_key
                from (
                    from relevant
                    semi join hits on {self.match("relevant", "hits", "cutoff_key", "user_id")}
                ) as relevant
                {self._scope_join("relevant")}
            ),

            best as (
                select
                    {selected},
                    cast(count(*) as integer) as n_relevant,
                    max(relevance, {longest}) as grades
                from scoped
                group by {grouped}
            ),

            cut as (
                select
                    best.cutoff_key, best.scope_key, best.user_id, best.n_relevant, ks.k,
                    list_slice(best.grades, 1, ks.k) as top,
                    list_slice(
                        cast([{discounts}] as double[]), 1, least(ks.k, len(best.grades))
                    ) as discounts
                from best
                cross join ks
            ),

            ideals as (
                select
                    cutoff_key, scope_key, user_id, n_relevant, k,
                    list_inner_product(top, discounts) as ideal,
                    {ideal_exp} as ideal_exp,
                    list_sum(discounts) as ideal_binary
                from cut
            )

            select
                hit_sums.cutoff_key, hit_sums.strategy_key, hit_sums.scope_key, hit_sums.user_id,
                hit_sums.k, hit_sums.hits,
                cast(1 as double) as hit_rate,
                hit_sums.hits / hit_sums.k as precision,
                hit_sums.hits / ideals.n_relevant as recall,
                hit_sums.hits / least(ideals.n_relevant, hit_sums.k) as recall_capped,
                1 / hit_sums.first_rank as mrr,
                hit_sums.precision_sum / ideals.n_relevant as map,
                hit_sums.dcg / ideals.ideal as ndcg,
                hit_sums.dcg_exp / ideals.ideal_exp as ndcg_exp,
                hit_sums.dcg_binary / ideals.ideal_binary as ndcg_binary
            from hit_sums
            inner join ideals
                on {self.match("hit_sums", "ideals", "cutoff_key", "scope_key", "user_id", "k")}
            """,
        )

    # -- what the lists are like, whether or not they hit

    def score_lists(self) -> None:
        """Score each list by itself. Creates `list_scores`, a row per list and K.

        novelty        mean over L of -log2(users that touched the ping / users with a history),
                       both before the cutoff: the mean inverse user frequency, or mean
                       self-information (Zhou et al. 2010). A ping that nobody touched counts as
                       touched by one user, which is the most novel that a ping can be.
                       RecTools MeanInvUserFreq
        popularity     mean over L of the ping's popularity before the cutoff, 0 where it has
                       none: ARP (Yin et al. 2012). RecTools AvgRecPopularity
        intra_list_diversity
                       share of the pairs of L whose categories differ (Ziegler et al. 2005).
                       Pings without a category are left out of the pairs; a list with fewer than
                       two others has no value. RecTools IntraListDiversity with the Hamming
                       distance gives such a list 0 instead
        calibration    Kullback-Leibler divergence, in nats, of the list's categories from the
                       history's (Steck 2018): sum over categories of p ln(p / q'), with
                       q' = 0.99 q + 0.01 p, p the share of the category in the user's history
                       and q in L, pings without a category left out. 0 is perfectly calibrated.
                       Users without such a history or list have no value
        unseen_share   share of L that the user had not seen before the cutoff; must be 1 for
                       lists of new pings
        churn          1 - pings that the lists at this cutoff and at the one before share, over
                       the longer of the two (both cut at K), for users with both: the temporal
                       diversity of Lathia et al. 2010
        """
        has_history = "history" in self.tables
        parts = []
        if self.has_items:
            self._join_list_items()
        if self.has_popularity or has_history:
            scores = {
                "novelty": "avg(list_items.novelty)" if has_history else None,
                "popularity": "avg(list_items.popularity)" if self.has_popularity else None,
                "unseen_share": "avg(list_items.is_unseen)" if has_history else None,
            }
            columns = ", ".join(
                f"{score or 'cast(null as double)'} as {name}" for name, score in scores.items()
            )
            self.create(
                "item_scores",
                f"""
                select list_items.list_number, ks.k, {columns}
                from list_items
                inner join ks on list_items.rank <= ks.k
                group by list_items.list_number, ks.k
                """,
            )
            parts.append(("item_scores", tuple(scores)))
        if self.has_categories:
            self._score_diversity()
            parts.append(("diversity_scores", ("intra_list_diversity",)))
            if has_history:
                self._score_calibration()
                parts.append(("calibration_scores", ("calibration",)))
        if len(self.cutoffs) > 1:
            self._score_churn()
            parts.append(("churn_scores", ("churn",)))
        self._note_what_is_missing()
        self.has_list_scores = bool(parts)
        if not parts:
            return
        where_from = {column: name for name, columns in parts for column in columns}
        columns = ", ".join(
            f"{where_from[metric]}.{metric}"
            if metric in where_from
            else f"cast(null as double) as {metric}"
            for metric in LIST_METRICS
        )
        joins = " ".join(f"left join {name} using (list_number, k)" for name, _ in parts)
        self.create(
            "list_scores",
            f"""
            select
                list_users.cutoff_key, list_users.strategy_key, list_users.user_id, ks.k,
                least(list_users.n_items, ks.k) as list_length,
                {columns}
            from list_users
            cross join ks
            {joins}
            """,
        )

    def _join_list_items(self) -> None:
        """What the per-list metrics need of every recommended ping, with numbers for ids."""
        columns = ["items.category_key", "coalesce(items.popularity, 0) as popularity"]
        joins = ["left join items using (cutoff_key, ping_id)"]
        if "history" in self.tables:
            columns.append(
                "-log2(greatest(coalesce(items.n_users, 0), 1) / audience.n_users) as novelty"
            )
            columns.append(
                "case when history_pairs.user_id is null then 1.0 else 0.0 end as is_unseen"
            )
            joins.append("left join history_pairs using (cutoff_key, user_id, ping_id)")
            joins.append(
                "left join (select cutoff_key, count(distinct user_id) as n_users "
                "from history_pairs group by cutoff_key) as audience using (cutoff_key)"
            )
        self.create(
            "list_items",
            f"""
            select list_users.list_number, list_rows.rank, {", ".join(columns)}
            from list_rows
            inner join list_users using (cutoff_key, strategy_key, user_id)
            {" ".join(joins)}
            where list_rows.rank <= {self.largest_k}
            """,
        )

    def _score_diversity(self) -> None:
        """Count each list's pings by category; pairs of one category follow from the counts."""
        self.create(
            "category_counts",
            """
            select list_items.list_number, ks.k, list_items.category_key, count(*) as n_items
            from list_items
            inner join ks on list_items.rank <= ks.k
            where list_items.category_key is not null
            group by list_items.list_number, ks.k, list_items.category_key
            """,
        )
        self.create(
            "diversity_scores",
            """
            select
                list_number, k, n_items,
                case when n_items > 1 then 1 - n_alike / (n_items * (n_items - 1)) end
                    as intra_list_diversity
            from (
                select
                    list_number, k,
                    cast(sum(n_items) as bigint) as n_items,
                    cast(sum(n_items * (n_items - 1)) as bigint) as n_alike
                from category_counts
                group by list_number, k
            ) as by_list
            """,
        )

    def _score_calibration(self) -> None:
        keep = 1 - CALIBRATION_ALPHA
        self.create(
            "calibration_scores",
            f"""
            with profiles as (
                select
                    history_pairs.cutoff_key, history_pairs.user_id, items.category_key,
                    count(*) / sum(count(*)) over (
                        partition by history_pairs.cutoff_key, history_pairs.user_id
                    ) as share
                from history_pairs
                inner join items using (cutoff_key, ping_id)
                where items.category_key is not null
                group by history_pairs.cutoff_key, history_pairs.user_id, items.category_key
            )

            select
                diversity_scores.list_number, diversity_scores.k,
                sum(
                    profiles.share * ln(
                        profiles.share / (
                            {keep} * coalesce(category_counts.n_items, 0)
                                / diversity_scores.n_items
                            + {CALIBRATION_ALPHA} * profiles.share
                        )
                    )
                ) as calibration
            from profiles
            inner join list_users using (cutoff_key, user_id)
            inner join diversity_scores using (list_number)
            left join category_counts
                on diversity_scores.list_number = category_counts.list_number
                and diversity_scores.k = category_counts.k
                and profiles.category_key = category_counts.category_key
            group by diversity_scores.list_number, diversity_scores.k
            """,
        )

    def _score_churn(self) -> None:
        self.create(
            "churn_scores",
            f"""
            with pairs as (
                select
                    later.list_number,
                    greatest(later.n_items, earlier.n_items) as n_items
                from list_users as later
                inner join list_users as earlier
                    on later.cutoff_key = earlier.cutoff_key + 1
                    and later.strategy_key = earlier.strategy_key
                    and later.user_id = earlier.user_id
            ),

            shared as (
                select list_users.list_number, ks.k, count(*) as n_shared
                from list_rows as later
                inner join list_rows as earlier
                    on later.cutoff_key = earlier.cutoff_key + 1
                    and later.strategy_key = earlier.strategy_key
                    and later.user_id = earlier.user_id
                    and later.ping_id = earlier.ping_id
                inner join list_users
                    on later.cutoff_key = list_users.cutoff_key
                    and later.strategy_key = list_users.strategy_key
                    and later.user_id = list_users.user_id
                inner join ks on greatest(later.rank, earlier.rank) <= ks.k
                where later.rank <= {self.largest_k} and earlier.rank <= {self.largest_k}
                group by list_users.list_number, ks.k
            )

            select
                pairs.list_number, ks.k,
                1 - coalesce(shared.n_shared, 0) / least(ks.k, pairs.n_items) as churn
            from pairs
            cross join ks
            left join shared on pairs.list_number = shared.list_number and ks.k = shared.k
            """,
        )

    def _note_what_is_missing(self) -> None:
        """Say which metrics are absent, and what would bring them."""
        has_catalogue = "catalogue" in self.tables
        has_history = "history" in self.tables
        needs: dict[str, list[str]] = {}
        if not has_catalogue:
            needs["a catalogue"] = ["item_coverage", "gini_exposure"]
        if not self.has_creators:
            needs["a catalogue with creator_id"] = ["creator_coverage"]
        if not self.has_categories:
            needs["a catalogue with category"] = ["intra_list_diversity"]
        if not (self.has_categories and has_history):
            needs["a catalogue with category and a history"] = ["calibration"]
        if not self.has_popularity:
            needs["a history, or a catalogue with popularity"] = ["popularity"]
        if not has_history:
            needs["a history"] = ["novelty", "unseen_share", "popularity_lift"]
        if len(self.cutoffs) < 2:
            needs["two cutoffs or more"] = ["churn"]
        if needs:
            listed = "; ".join(f"{', '.join(names)} ({why})" for why, names in needs.items())
            self.notes.append(f"Not computed, with what it takes: {listed}.")

    # -- one row per user

    def assemble_per_user(self) -> None:
        """One row per cutoff, strategy, evaluated user, item scope and K.

        A user that has a list but is not evaluated has a row too where the lists were scored by
        themselves, with nulls for accuracy. List metrics stand in the rows of scope `all`.
        """
        segments, segment_join = self._segment_columns()
        accuracy = ", ".join(
            f"coalesce(scored.{metric}, 0) as {metric}" for metric in self.accuracy_metrics()
        )
        lists = "list_scores" if self.has_list_scores else "list_users"
        length = "least(coalesce(list_users.n_items, 0), ks.k)"
        if self.has_list_scores:
            length = "coalesce(list_scores.list_length, 0)"
        # Folds bring the strategies, so a user's rows are found by the cutoff's and the user's.
        lists_on = [
            f"evaluated_users.user_id = {lists}.user_id",
            self.match("folds", lists, "cutoff_key", "strategy_key"),
            self.match("ks", lists, "k") if self.has_list_scores else "",
        ]
        scored_on = [
            self.match("evaluated_users", "scored", "user_id", "scope_key"),
            self.match("folds", "scored", "cutoff_key", "strategy_key"),
            self.match("ks", "scored", "k"),
        ]
        list_columns = "".join(
            f", case when evaluated_users.scope_key = 0 then list_scores.{metric} end as {metric}"
            for metric in self.user_metrics()
            if metric in LIST_METRICS
        )
        query = f"""
            select
                evaluated_users.cutoff_key, folds.strategy_key, evaluated_users.user_id,
                evaluated_users.scope_key, ks.k,
                true as is_evaluated,
                {length} as list_length,
                evaluated_users.n_relevant,
                coalesce(scored.hits, 0) as hits,
                {accuracy}
                {list_columns}
                {segments}
            from evaluated_users
            inner join folds on evaluated_users.cutoff_key = folds.cutoff_key
            cross join ks
            left join scored on {_all_of(scored_on)}
            left join {lists} on {_all_of(lists_on)}
            {segment_join.format("evaluated_users")}
            """
        if self.has_list_scores:
            nulls = ", ".join(
                f"cast(null as double) as {metric}" for metric in self.accuracy_metrics()
            )
            query += f"""
            union all by name
            select
                list_scores.*,
                cast(0 as utinyint) as scope_key,
                false as is_evaluated,
                cast(null as integer) as n_relevant,
                cast(null as integer) as hits,
                {nulls}
                {segments}
            from (
                from list_scores
                anti join (from evaluated_users where scope_key = 0) as evaluated
                    on {self.match("list_scores", "evaluated", "cutoff_key", "user_id")}
            ) as list_scores
            {segment_join.format("list_scores")}
            """
        # With one cutoff this is read once or twice only, and not at all for the means.
        self.create_or_view("user_rows", query, len(self.cutoffs) > 1)
        there = {"is_evaluated", "list_length", "n_relevant", "hits", "k", *self.user_metrics()}
        if self.has_segments:
            there |= {"is_new", "activity"}
        absent = {"is_new": "boolean", "activity": "varchar"}
        columns = ", ".join(
            f"user_rows.{name}"
            if name in there
            else f"cast(null as {absent.get(name, 'double')}) as {name}"
            for name in PER_USER_COLUMNS[4:]
        )
        self.create(
            "per_user",
            f"""
            select
                cutoffs.cutoff,
                strategies.strategy,
                cast(user_rows.user_id as varchar) as user_id,
                item_scopes.item_scope,
                {columns}
            from user_rows
            inner join cutoffs using (cutoff_key)
            inner join strategies using (strategy_key)
            inner join item_scopes using (scope_key)
            """,
            "view",
        )

    def _segment_columns(self) -> tuple[str, str]:
        """Further columns with the user's segments, and the join that brings them."""
        if not self.has_segments:
            return "", ""
        return (
            ", segments.is_new, segments.activity",
            "left join segments on {0}.cutoff_key = segments.cutoff_key "
            "and {0}.user_id = segments.user_id",
        )

    # -- means and their normal intervals

    def accuracy_metrics(self) -> tuple[str, ...]:
        """The accuracy metrics that there are numbers for."""
        if self.largest_grade > LARGEST_GRADE_EXP:
            return tuple(metric for metric in ACCURACY_METRICS if metric != "ndcg_exp")
        return ACCURACY_METRICS

    def user_metrics(self) -> tuple[str, ...]:
        """The per-user metrics that there are numbers for."""
        return self.accuracy_metrics() + (LIST_METRICS if self.has_list_scores else ())

    def mean_metrics(self) -> list[Row]:
        """The mean of every per-user metric, by segment, with a normal interval.

        mean +- z * sample standard deviation / sqrt(n), over users. Over several cutoffs there
        is also the mean of users' own means (cutoff `all`): each user counts once, so that
        users who come back do not make the interval too narrow.
        """
        cuts = [
            (*segmentation, "item_scopes.scope_key = 0") for segmentation in self.segmentations()
        ]
        if self.has_warmth:
            cuts.append(("item_scopes.item_scope", "true", "item_scopes.scope_key > 0"))
        rows = []
        for label, condition, scope in cuts:
            rows += self._accuracy_rows(label, condition, scope)
            if self.has_list_scores and (label, condition) in self.segmentations():
                rows += self._list_rows(label, condition)
            if len(self.cutoffs) > 1:
                rows += self._pooled_rows(label, condition, scope)
        return rows

    def _accuracy_rows(self, label: str, condition: str, scope: str) -> list[Row]:
        """From the lists with a hit alone: all others add nothing to sums and squares."""
        metrics = self.accuracy_metrics()
        _, segment_join = self._segment_columns()
        sums = ", ".join(
            f"sum(scored.{metric}) as sum_{number}, "
            f"sum(scored.{metric} * scored.{metric}) as squares_{number}"
            for number, metric in enumerate(metrics)
        )
        found = self.rows(
            f"""
            with sums as (
                select
                    scored.cutoff_key, scored.strategy_key, {label} as segment, scored.k, {sums}
                from scored
                inner join item_scopes using (scope_key)
                {segment_join.format("scored")}
                where {condition} and {scope}
                group by scored.cutoff_key, scored.strategy_key, segment, scored.k
            ),

            sizes as (
                select evaluated_users.cutoff_key, {label} as segment, count(*) as n
                from evaluated_users
                inner join item_scopes using (scope_key)
                {segment_join.format("evaluated_users")}
                where {condition} and {scope}
                group by evaluated_users.cutoff_key, segment
            )

            select
                sizes.cutoff_key, folds.strategy_key, sizes.segment, ks.k, sizes.n,
                sums.* exclude (cutoff_key, strategy_key, segment, k)
            from sizes
            inner join folds on sizes.cutoff_key = folds.cutoff_key
            cross join ks
            left join sums
                on sizes.cutoff_key = sums.cutoff_key
                and folds.strategy_key = sums.strategy_key
                and sizes.segment = sums.segment
                and ks.k = sums.k
            """
        )
        rows = []
        for row in found:
            n = row["n"]
            for number, metric in enumerate(metrics):
                mean = (row[f"sum_{number}"] or 0.0) / n
                spread = max(0.0, (row[f"squares_{number}"] or 0.0) - n * mean * mean)
                deviation = math.sqrt(spread / (n - 1)) if n > 1 else None
                rows.append(self._metric_row(row, metric, mean, n, deviation))
        return rows

    def _list_rows(self, label: str, condition: str) -> list[Row]:
        _, segment_join = self._segment_columns()
        query = f"""
            select
                list_scores.cutoff_key, list_scores.strategy_key, {label} as segment,
                list_scores.k, {", ".join(LIST_METRICS)}
            from list_scores
            {segment_join.format("list_scores")}
            where {condition}
            """
        return self._mean_rows(query, LIST_METRICS)

    def _pooled_rows(self, label: str, condition: str, scope: str) -> list[Row]:
        query = self.user_values(label, condition, scope, pooled=True)
        return self._mean_rows(query, self.user_metrics())

    def _mean_rows(self, query: str, metrics: Sequence[str]) -> list[Row]:
        aggregates = ", ".join(
            f"avg({metric}) as mean_{number}, stddev_samp({metric}) as deviation_{number}, "
            f"count({metric}) as n_{number}"
            for number, metric in enumerate(metrics)
        )
        found = self.rows(
            f"""
            select cutoff_key, strategy_key, segment, k, {aggregates}
            from ({query}) as user_values
            group by cutoff_key, strategy_key, segment, k
            """
        )
        return [
            self._metric_row(
                row,
                metric,
                row[f"mean_{number}"],
                row[f"n_{number}"],
                row[f"deviation_{number}"],
            )
            for row in found
            for number, metric in enumerate(metrics)
            if row[f"n_{number}"]
        ]

    def user_values(self, label: str, condition: str, scope: str, pooled: bool) -> str:
        """A query for one row per (cutoff, strategy, segment, K, user) with the metrics."""
        source = f"""
            from user_rows
            inner join item_scopes using (scope_key)
            where {condition} and {scope}
            """
        if not pooled:
            columns = ", ".join(f"user_rows.{metric}" for metric in self.user_metrics())
            return (
                f"select user_rows.cutoff_key, user_rows.strategy_key, {label} as segment, "
                f"user_rows.k, user_rows.user_id, {columns} {source}"
            )
        # Comparable over cutoffs is only what was there at each of them.
        source += f"and user_rows.strategy_key in ({_listed(self.everywhere) or 'null'})"
        columns = ", ".join(
            f"avg(user_rows.{metric}) as {metric}" for metric in self.user_metrics()
        )
        return (
            f"select cast(null as usmallint) as cutoff_key, user_rows.strategy_key, "
            f"{label} as segment, user_rows.k, user_rows.user_id, {columns} {source} "
            f"group by user_rows.strategy_key, segment, user_rows.k, user_rows.user_id"
        )

    def note_seen(self, metrics: Iterable[Row]) -> None:
        """Lists of new pings should have nothing that their user had seen."""
        seen: dict[str, float] = {}
        for row in metrics:
            if row["metric"] == "unseen_share" and row["segment"] == EVERYTHING:
                seen[row["strategy"]] = min(row["value"], seen.get(row["strategy"], 1.0))
        for strategy, share in sorted(seen.items()):
            if share < 1 - 1e-12:
                self.notes.append(
                    f"{strategy} recommends pings that their users had already seen: "
                    f"unseen_share is {share:.4f} where 1 is expected."
                )

    def _metric_row(
        self, row: Row, metric: str, value: float, n: int, deviation: float | None = None
    ) -> Row:
        low = high = None
        if deviation is not None and n > 1:
            half = self.z * deviation / math.sqrt(n)
            low, high = value - half, value + half
        return {
            "cutoff": self.cutoff_name(row["cutoff_key"]),
            "strategy": self.strategies[row["strategy_key"]],
            "segment": row["segment"],
            "k": row["k"],
            "metric": metric,
            "value": value,
            "low": low,
            "high": high,
            "bootstrap_low": None,
            "bootstrap_high": None,
            "n": n,
        }

    @property
    def z(self) -> float:
        return NormalDist().inv_cdf((1 + self.settings.confidence) / 2)

    def cutoff_name(self, key: int | None) -> str:
        return EVERYTHING if key is None else self.cutoffs[key]

    # -- all lists of a segment together

    def exposure_metrics(self) -> list[Row]:
        """How the recommended slots are spread over pings, creators and users.

        x_i is how often ping i stands in a list cut at K, n the number of pings in the catalogue,
        U the number of lists. There is no interval: these are not means over users.

        item_coverage     share of the catalogue that is recommended to somebody (Herlocker et al.
                          2004; Ge et al. 2010). RecTools CatalogCoverage, normalized
        creator_coverage  share of the catalogue's creators with a ping recommended to somebody
        gini_exposure     sum over pings in rising x of (2 i - n - 1) x_i / (n sum x), pings
                          that are never recommended included: 0 is equal, near 1 is all slots on
                          one ping (Fleder and Hosanagar 2009)
        entropy           -sum of p log2 p over recommended pings, p = x_i / sum x, in bits
                          (Shani and Gunawardana 2011)
        personalisation   mean over all pairs of users of 1 - pings in both lists / K (Zhou et al.
                          2010). A ping in x_i lists is shared by x_i (x_i - 1) / 2 pairs, so the
                          exact mean is 1 - sum x_i (x_i - 1) / (U (U - 1) K)
        popularity_lift   (mean popularity of the lists - mean popularity of the same users'
                          histories) / the latter, each a mean over users of means over pings
                          (Abdollahpouri et al. 2020)
        """
        self._count_exposure()
        rows = []
        for label, condition in self.segmentations():
            rows += self._exposure_rows(label, condition)
            if self.has_popularity and "history" in self.tables:
                rows += self._lift_rows(label, condition)
        return rows

    def _count_exposure(self) -> None:
        """Slots by ping and user segment; ranks are kept only as the smallest K that has them."""
        bands = " ".join(f"when list_rows.rank <= {k} then {k}" for k in sorted(self.settings.ks))
        first_k, by_first_k = f"case {bands} end", ", first_k"
        if len(self.settings.ks) == 1:
            first_k, by_first_k = str(self.largest_k), ""
        segments, segment_join = self._segment_columns()
        selected, grouped = self.keyed("list_rows", "cutoff_key", "strategy_key", "ping_id")
        self.create(
            "exposure",
            f"""
            select {selected}, {first_k} as first_k, count(*) as slots {segments}
            from list_rows {segment_join.format("list_rows")}
            where list_rows.rank <= {self.largest_k}
            group by {grouped} {by_first_k} {segments}
            """,
        )
        self.create(
            "list_counts",
            f"""
            select list_users.cutoff_key, list_users.strategy_key, count(*) as n_lists {segments}
            from list_users {segment_join.format("list_users")}
            group by list_users.cutoff_key, list_users.strategy_key {segments}
            """,
        )
        if self.has_items:
            self.create(
                "catalogue_sizes",
                """
                select
                    cutoff_key, count(*) as n_pings, count(distinct creator_id) as n_creators
                from items
                where in_catalogue
                group by cutoff_key
                """,
            )

    def _exposure_rows(self, label: str, condition: str) -> list[Row]:
        has_catalogue = "catalogue" in self.tables
        if has_catalogue:
            listed = """
                select
                    spread.cutoff_key,
                    spread.strategy_key,
                    spread.segment,
                    spread.k,
                    count(*) as n_pings,
                    count(distinct items.creator_id) as n_creators,
                    cast(sum(spread.slots) as double) as slots,
                    sum(spread.place * spread.slots) as place_sum
                from (
                    select
                        spread.*,
                        row_number() over (
                            partition by cutoff_key, strategy_key, segment, k order by slots
                        ) as place
                    from spread
                    semi join (from items where in_catalogue) as known
                        using (cutoff_key, ping_id)
                ) as spread
                inner join items using (cutoff_key, ping_id)
                group by spread.cutoff_key, spread.strategy_key, spread.segment, spread.k
                """
            # Unrecommended pings come first in rising x, so recommended ones move up by as many.
            catalogue_columns = """
                coalesce(listed.n_pings, 0) / nullif(catalogue_sizes.n_pings, 0) as item_coverage,
                coalesce(listed.n_creators, 0) / nullif(catalogue_sizes.n_creators, 0)
                    as creator_coverage,
                (
                    2 * (
                        listed.place_sum
                        + (catalogue_sizes.n_pings - listed.n_pings) * listed.slots
                    ) / listed.slots - catalogue_sizes.n_pings - 1
                ) / nullif(catalogue_sizes.n_pings, 0) as gini_exposure,
                """
            catalogue_joins = """
                left join listed using (cutoff_key, strategy_key, segment, k)
                left join catalogue_sizes using (cutoff_key)
                """
        else:
            listed = "select 1"
            catalogue_columns = catalogue_joins = ""
        found = self.rows(
            f"""
            with spread as (
                select
                    exposure.cutoff_key,
                    exposure.strategy_key,
                    {label} as segment,
                    ks.k,
                    exposure.ping_id,
                    cast(sum(exposure.slots) as bigint) as slots
                from exposure
                inner join ks on exposure.first_k <= ks.k
                where {condition}
                group by
                    exposure.cutoff_key, exposure.strategy_key, segment, ks.k, exposure.ping_id
            ),

            together as (
                select
                    cutoff_key,
                    strategy_key,
                    segment,
                    k,
                    cast(sum(slots) as double) as slots,
                    sum(slots * log2(slots)) as slot_logs,
                    sum(cast(slots as double) * (slots - 1)) as shared
                from spread
                group by cutoff_key, strategy_key, segment, k
            ),

            listed as ({listed}),

            lists as (
                select
                    cutoff_key,
                    strategy_key,
                    {label} as segment,
                    cast(sum(n_lists) as bigint) as n_lists
                from list_counts
                where {condition}
                group by cutoff_key, strategy_key, segment
            )

            select
                cutoff_key,
                strategy_key,
                segment,
                k,
                lists.n_lists,
                {catalogue_columns}
                abs(log2(together.slots) - together.slot_logs / together.slots) as entropy,
                1 - together.shared / nullif(
                    cast(lists.n_lists as double) * (lists.n_lists - 1) * k, 0
                ) as personalisation
            from together
            inner join lists using (cutoff_key, strategy_key, segment)
            {catalogue_joins}
            """
        )
        return [
            self._metric_row(row, metric, row[metric], row["n_lists"])
            for row in found
            for metric in EXPOSURE_METRICS
            if row.get(metric) is not None
        ]

    def _lift_rows(self, label: str, condition: str) -> list[Row]:
        self.create(
            "tastes",
            """
            select
                history_pairs.cutoff_key,
                history_pairs.user_id,
                avg(items.popularity) as popularity
            from history_pairs
            inner join items using (cutoff_key, ping_id)
            group by history_pairs.cutoff_key, history_pairs.user_id
            """,
        )
        join = ""
        if self.has_segments:
            join = "left join segments using (cutoff_key, user_id)"
        found = self.rows(
            f"""
            select
                list_scores.cutoff_key,
                list_scores.strategy_key,
                {label} as segment,
                list_scores.k,
                count(*) as n_lists,
                avg(list_scores.popularity) as of_lists,
                avg(tastes.popularity) as of_histories
            from list_scores
            inner join tastes using (cutoff_key, user_id)
            {join}
            where {condition}
            group by list_scores.cutoff_key, list_scores.strategy_key, segment, list_scores.k
            """
        )
        return [
            self._metric_row(
                row,
                "popularity_lift",
                (row["of_lists"] - row["of_histories"]) / row["of_histories"],
                row["n_lists"],
            )
            for row in found
            if row["of_histories"] > 0
        ]

    # -- counts

    def counts(self) -> list[Row]:
        """Who is evaluated, who is not and why, and who is evaluated without a list."""
        known_users = left_out_case = left_out_join = evaluated_join = ""
        with_list = _all_of(
            [
                self.match("evaluated", "list_users", "user_id"),
                self.match("folds", "list_users", "cutoff_key", "strategy_key"),
            ]
        )
        is_evaluated = "met.n_relevant > 0"
        if "history" in self.tables or self.has_left_out:
            is_evaluated = "evaluated.user_id is not null"
            evaluated_join = (
                "left join (from evaluated_users where scope_key = 0) as evaluated "
                f"on {self.match('met', 'evaluated', 'cutoff_key', 'user_id')}"
            )
        if "users" in self.tables:
            known_users = """
                union all
                select cutoff_key, user_id, 0 as n_relevant
                from segments
                anti join truth_users using (cutoff_key, user_id)
                anti join list_users using (cutoff_key, user_id)
                """
        if self.has_left_out:
            left_out_case = (
                "when segments.left_out_reason is not null then segments.left_out_reason"
            )
            left_out_join = (
                "left join segments on met.cutoff_key = segments.cutoff_key "
                "and met.user_id = segments.user_id"
            )
        found = self.rows(
            f"""
            with met as (
                select cutoff_key, user_id, n_relevant from truth_users
                union all
                select distinct cutoff_key, user_id, 0 as n_relevant
                from list_users
                anti join truth_users
                    on {self.match("list_users", "truth_users", "cutoff_key", "user_id")}
                {known_users}
            ),

            sorted as (
                select
                    met.cutoff_key,
                    case
                        when {is_evaluated} then null
                        {left_out_case}
                        when met.n_relevant = 0 then 'no relevant truth'
                        else 'all relevant pings seen before'
                    end as reason
                from met
                {evaluated_join}
                {left_out_join}
            )

            select
                cutoff_key,
                null as strategy_key,
                case when reason is null then 'evaluated' else 'left_out' end as what,
                reason,
                count(*) as users
            from sorted
            group by cutoff_key, reason
            union all
            select
                folds.cutoff_key,
                folds.strategy_key,
                'without_list' as what,
                null as reason,
                count(*) filter (list_users.user_id is null) as users
            from folds
            inner join (from evaluated_users where scope_key = 0) as evaluated
                on folds.cutoff_key = evaluated.cutoff_key
            left join list_users on {with_list}
            group by folds.cutoff_key, folds.strategy_key
            union all
            select cutoff_key, strategy_key, 'lists' as what, null as reason, count(*) as users
            from list_users
            group by cutoff_key, strategy_key
            order by cutoff_key, what, strategy_key, reason
            """
        )
        evaluated = {row["cutoff_key"]: row["users"] for row in found if row["what"] == "evaluated"}
        if all(
            row["what"] != "without_list" or row["users"] == evaluated[row["cutoff_key"]]
            for row in found
        ):
            raise InputError(
                f"no evaluated user of {self.tables['truth'].name} (truth) has a list in "
                f"{self.tables['lists'].name} (lists): check that both write the ids alike and are "
                "of the same time."
            )
        return [
            {
                "cutoff": self.cutoff_name(row["cutoff_key"]),
                "strategy": None
                if row["strategy_key"] is None
                else self.strategies[row["strategy_key"]],
                "what": row["what"],
                "reason": row["reason"],
                "users": row["users"],
            }
            for row in found
        ]

    # -- bootstrap intervals and paired tests

    def intervals_and_tests(
        self, metrics: list[Row], on_share: Callable[[float], None]
    ) -> list[Row]:
        """Fill in the bootstrap intervals, and compare the strategies. Returns the comparisons."""
        baselines = [name for name in self.settings.baselines if name in self.strategies]
        wants_tests = len(self.strategies) > 1 and bool(baselines)
        if len(self.strategies) > 1 and not baselines:
            self.notes.append(
                f"No strategy is named {' or '.join(self.settings.baselines)}, so there is nothing "
                "to compare with: add such lists, or name your baselines."
            )
        if not wants_tests and not self.settings.bootstrap:
            return []
        keys: list[int | None] = list(range(len(self.cutoffs)))
        if len(self.cutoffs) > 1:
            keys.append(None)
        cuts = [
            (*segmentation, "item_scopes.scope_key = 0") for segmentation in self.segmentations()
        ]
        if self.has_warmth:
            cuts.append(("item_scopes.item_scope", "true", "item_scopes.scope_key > 0"))
        if not self.settings.bootstrap:
            cuts = cuts[:1]
        lookup = {_metric_key(row): row for row in metrics}
        self.create(
            "user_numbers",
            """
            select user_id, row_number() over (order by user_id) - 1 as user_number
            from (
                select user_id from list_users union select user_id from evaluated_users
            ) as users
            """,
        )
        comparisons: list[Row] = []
        total = len(keys) * len(cuts)
        for number, (key, cut) in enumerate((key, cut) for key in keys for cut in cuts):
            is_everybody = cut[0] == _ALL_USERS[0]
            blocks = _Blocks(self, key, cut)

            def advance(share: float, number: int = number) -> None:
                on_share((number + share) / total)

            for segment in blocks.segments():
                sums = resample(
                    blocks,
                    segment,
                    self.settings.bootstrap,
                    self.settings.permutations if wants_tests and is_everybody else 0,
                    [self.settings.seed, number],
                    advance,
                )
                self._fill_bootstrap(lookup, blocks, segment, sums)
                if wants_tests and is_everybody:
                    comparisons += self._compare(blocks, sums, baselines)
        return comparisons

    def _fill_bootstrap(
        self, lookup: dict[tuple[Any, ...], Row], blocks: _Blocks, segment: str, sums: Resampled
    ) -> None:
        if sums.means is None:
            return
        import numpy as np

        tail = 50 * (1 - self.settings.confidence)
        for column, (strategy_key, k, metric) in enumerate(blocks.columns):
            row = lookup.get(
                (self.cutoff_name(blocks.key), self.strategies[strategy_key], segment, k, metric)
            )
            if row is None:
                continue
            drawn = sums.means[:, column]
            drawn = drawn[np.isfinite(drawn)]
            if len(drawn):
                low, high = np.percentile(drawn, [tail, 100 - tail])
                row["bootstrap_low"], row["bootstrap_high"] = float(low), float(high)

    def _compare(self, blocks: _Blocks, sums: Resampled, baselines: Sequence[str]) -> list[Row]:
        """Compare every strategy with the best baseline and with the reference baselines."""
        place = {column: number for number, column in enumerate(blocks.columns)}
        present = {strategy_key for strategy_key, _, _ in blocks.columns}
        names = {key: self.strategies[key] for key in sorted(present)}
        usable = [key for key, name in names.items() if name in baselines]
        rows: list[Row] = []
        if not usable or len(names) < 2:
            return rows
        for k in self.settings.ks:
            for metric in self.accuracy_metrics():
                value = {key: float(sums.sums[place[key, k, metric]] / sums.n) for key in names}
                best = max(usable, key=lambda key: (value[key], -usable.index(key)))
                partners = [
                    key for key in usable if key == best or names[key] in self.settings.references
                ]
                for baseline in partners:
                    family = [
                        self._paired(
                            sums,
                            place[key, k, metric],
                            place[baseline, k, metric],
                            {
                                "cutoff": self.cutoff_name(blocks.key),
                                "k": k,
                                "metric": metric,
                                "strategy": names[key],
                                "baseline": names[baseline],
                                "is_best_baseline": baseline == best,
                                "n": sums.n,
                                "value": value[key],
                                "baseline_value": value[baseline],
                            },
                        )
                        for key in names
                        if key != baseline
                    ]
                    adjusted = holm([row["p_value"] for row in family])
                    for row, p_holm in zip(family, adjusted, strict=True):
                        row["p_holm"] = p_holm
                        row["verdict"] = (
                            "cannot be told apart"
                            if p_holm >= 1 - self.settings.confidence
                            else "better"
                            if row["difference"] > 0
                            else "worse"
                        )
                    rows += family
        return rows

    def _paired(self, sums: Resampled, one: int, other: int, row: Row) -> Row:
        """The paired difference of two columns, its intervals and the sign-flip test.

        The test asks: if the two strategies were alike, each user's difference could as well have
        had the other sign. How often do random signs give a mean difference as large as ours, on
        either side? With few differing users every choice of signs is tried; otherwise the
        observed choice is counted among the random ones, so that p is never 0.
        """
        import numpy as np

        difference = float(sums.sums[one] - sums.sums[other])
        squares = float(
            sums.products[one, one] + sums.products[other, other] - 2 * sums.products[one, other]
        )
        # Rounding leaves a trace where the two are the same for every user.
        if squares < 1e-12 * float(sums.products[one, one] + sums.products[other, other] + 1e-300):
            squares = difference = 0.0
        mean = difference / sums.n
        low = high = None
        if sums.n > 1:
            variance = max(0.0, squares - sums.n * mean * mean) / (sums.n - 1)
            half = self.z * math.sqrt(variance / sums.n)
            low, high = mean - half, mean + half
        p_value = 1.0
        if squares > 0:
            flipped = np.abs(sums.flipped[:, one] - sums.flipped[:, other])
            # Single precision: sums that should be equal differ by less than this.
            as_large = int((flipped >= abs(difference) - 1e-4 * math.sqrt(squares)).sum())
            if sums.flips_are_all:
                p_value = as_large / len(flipped)
            else:
                p_value = (as_large + 1) / (len(flipped) + 1)
        drawn_low = drawn_high = None
        if sums.means is not None:
            tail = 50 * (1 - self.settings.confidence)
            drawn = sums.means[:, one] - sums.means[:, other]
            drawn = drawn[np.isfinite(drawn)]
            if len(drawn):
                drawn_low, drawn_high = map(float, np.percentile(drawn, [tail, 100 - tail]))
        return row | {
            "difference": mean,
            "low": low,
            "high": high,
            "bootstrap_low": drawn_low,
            "bootstrap_high": drawn_high,
            "p_value": p_value,
        }


class _Blocks:
    """Users by metrics of one cutoff (or of all) and one way of cutting the users, block by block.

    A column is a (strategy, K, metric). Users are numbered in the order of their ids, so that the
    same seed always gives the same weights to the same users.
    """

    def __init__(self, run: _Run, key: int | None, cut: tuple[str, str, str]) -> None:
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

    def with_hits(self, segment: str) -> int:
        """How many users have a hit in some list: nobody else can tell strategies apart."""
        return self.run.sql(
            "select count(distinct user_number) from block_rows "
            f"where segment = {_text(segment)} and hit_rate > 0"
        )[0][0]

    def each(self, segment: str) -> Iterator[Array]:
        """Blocks of values, users by columns, NaN where a user has no value."""
        import numpy as np

        width = len(self.metrics)
        for start in range(0, self.users(), BLOCK_USERS):
            found = self.run.connection.execute(
                f"""
                select user_number, strategy_key, k, {", ".join(self.metrics)}
                from block_rows
                where segment = {_text(segment)}
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
    blocks: _Blocks,
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
    import numpy as np

    rng = np.random.Generator(np.random.SFC64(list(seed)))
    table = poisson_table()
    width = len(blocks.columns)
    n = 0
    sums = np.zeros(width)
    products = np.zeros((width, width))
    totals = np.zeros((resamples, width))
    weights_of = np.zeros((resamples, width))
    telling = blocks.with_hits(segment) if permutations else 0
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
            has_hit = values[:, [metric == "hit_rate" for *_, metric in blocks.columns]].any(axis=1)
            mine = values[has_hit].astype(np.float32)
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
    import numpy as np

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


def conclude(comparisons: Iterable[Row], settings: Settings, strategies: Sequence[str]) -> str:
    """One sentence: which strategies are better than the reference baselines, worse, or neither.

    It is about the primary metric, over all cutoffs if there are several. Better than both
    means better than each by itself, in a test adjusted for the number of strategies.
    """
    about = f"{settings.primary_metric}@{settings.sentence_k}"
    references = [name for name in settings.references if name in strategies]
    candidates = [name for name in strategies if name not in settings.baselines]
    if not references:
        return (
            f"No verdict by {about}: the lists of "
            f"{' and '.join(settings.references) or 'a baseline'} are not among those given, and a "
            "number without its baselines means nothing."
        )
    if not candidates:
        return f"No verdict by {about}: only baselines were given."
    rows = [
        row
        for row in comparisons
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    ]
    cutoffs = sorted({row["cutoff"] for row in rows})
    if EVERYTHING in cutoffs:
        rows = [row for row in rows if row["cutoff"] == EVERYTHING]
    verdicts: dict[tuple[str, ...], list[str]] = {}
    for name in candidates:
        found = {row["baseline"]: row["verdict"] for row in rows if row["strategy"] == name}
        against = [partner for partner in references if partner in found]
        if against:
            verdicts.setdefault(
                tuple(f"{found[partner]}|{partner}" for partner in against), []
            ).append(name)
    if not verdicts:
        return f"No verdict by {about}: no strategy has lists at the same cutoff as the baselines."

    def rank(item: tuple[tuple[str, ...], list[str]]) -> tuple[int, int]:
        outcomes = [part.split("|")[0] for part in item[0]]
        return (-outcomes.count("better"), outcomes.count("worse"))

    phrases = []
    for parts, names in sorted(verdicts.items(), key=rank):
        by_outcome: dict[str, list[str]] = {}
        for part in parts:
            outcome, partner = part.split("|", 1)
            by_outcome.setdefault(outcome, []).append(partner)
        verb = "is" if len(names) == 1 else "are"
        told = []
        for outcome in ("better", "worse", "cannot be told apart"):
            if outcome in by_outcome:
                partners = " and ".join(by_outcome[outcome])
                told.append(
                    f"cannot be told apart from {partners}"
                    if outcome.startswith("cannot")
                    else f"{verb} {outcome} than {partners}"
                )
        phrases.append(f"{_joined(names)} {' but '.join(told)}")
    users = max(row["n"] for row in rows)
    folds = len([name for name in cutoffs if name != EVERYTHING])
    over = f" over {folds} cutoffs" if folds > 1 else ""
    return f"By {about} for {users:,} users{over}: {'; '.join(phrases)}."


# ---------------------------------------------------------------------------------------------
# Small things


def write_per_user(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the table that `evaluate` left behind as one Parquet file."""
    connection.execute(
        f"copy (from per_user) to {_text(str(path))} (format parquet, compression zstd)"
    )


def _metric_key(row: Row) -> tuple[Any, ...]:
    return row["cutoff"], row["strategy"], row["segment"], row["k"], row["metric"]


def _metric_order(row: Row) -> tuple[Any, ...]:
    segment = row["segment"]
    return (
        row["cutoff"] == EVERYTHING,
        row["cutoff"],
        segment != EVERYTHING,
        segment,
        row["k"],
        METRICS.index(row["metric"]),
        row["strategy"],
    )


def _joined(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)


def _break_in(ranks: Sequence[int]) -> str:
    """The ranks around the first that is not one more than the rank before it."""
    wrong = next(place for place, rank in enumerate(ranks) if rank != place + 1)
    start, end = max(0, wrong - 4), wrong + 4
    shown = _listed(ranks[start:end])
    return f"{'... ' if start else ''}{shown}{' ...' if end < len(ranks) else ''}"


def _all_of(conditions: Iterable[str]) -> str:
    """The conditions that there are, joined by and."""
    return " and ".join(condition for condition in conditions if condition)


def _text(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    """A SQL name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
