"""What the steps of one evaluation share."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, ClassVar

import duckdb

from common import Row, named_rows
from evaluation.files import InputTable
from evaluation.settings import ACCURACY_METRICS, EVERYTHING, LIST_METRICS, Settings
from evaluation.sums import exact_mean, unit_of
from evaluation.wording import listed

INTEGER_TYPES = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
}
# Sums of grades over users stay numbers up to here, and 2^grade - 1 differs from 0 from here on.
LARGEST_GRADE = 1e100
SMALLEST_GRADE = 1e-9
LARGEST_GRADE_EXP = 500.0  # 2^grade stays a number below this, sums over many users included

# A way of cutting the users: a SQL label, and the rows that it is for.
ALL_USERS = (f"'{EVERYTHING}'", "true")
_BY_NEW = ("case when is_new then 'new' else 'existing' end", "is_new is not null")
_BY_ACTIVITY = ("'activity_' || activity", "activity is not null")


@dataclass
class Run:
    """One evaluation: the connection with its temporary tables, and what is known about them."""

    # without a hit in any of a user's lists, all accuracy metrics of the user are 0
    needs_hits: ClassVar[bool] = True

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    tables: dict[str, InputTable]
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
    largest_popularity: float = 0.0

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query, as tuples."""
        return self.connection.execute(statement).fetchall()

    def create(self, name: str, query: str, kind: str = "table") -> None:
        """Keep the result of a query as a temporary table (or view), in place of an older one."""
        self.connection.execute(f"create or replace temp {kind} {name} as {query}")

    def create_or_view(self, name: str, query: str, keep: bool) -> None:
        """A view of the query, or of a copy of its result that is kept to be read again."""
        if keep:
            self.create(f"{name}_kept", query)
            query = f"from {name}_kept"
        self.create(name, query, "view")

    def rows(self, statement: str) -> list[Row]:
        """The rows of a query, by the names of the columns."""
        return named_rows(self.connection.execute(statement))

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
        """The longest of the asked-for list lengths."""
        return max(self.settings.ks)

    @property
    def has_segments(self) -> bool:
        """Whether anything tells the users apart."""
        return self.has_new or self.has_activity

    def segmentations(self) -> list[tuple[str, str]]:
        """The ways to cut the users, as far as the input allows."""
        found = [ALL_USERS]
        if self.has_new:
            found.append(_BY_NEW)
        if self.has_activity:
            found.append(_BY_ACTIVITY)
        return found

    def cuts(self) -> list[tuple[str, str, str]]:
        """The ways to cut users and pings: the segmentations, and warm or cold pings."""
        found = [
            (*segmentation, "item_scopes.scope_key = 0") for segmentation in self.segmentations()
        ]
        if self.has_warmth:
            found.append(("item_scopes.item_scope", "true", "item_scopes.scope_key > 0"))
        return found

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
        """An id column of one of the given tables, in the type that it is joined by."""
        table = self.tables[kind]
        written = f"source.{table.column(column)}"
        if column in table.padded:
            written = f"trim({written})"
        return f"cast({written} as {self.id_type(column)})"

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

    def accuracy_metrics(self) -> tuple[str, ...]:
        """The accuracy metrics that there are numbers for."""
        if self.largest_grade > LARGEST_GRADE_EXP:
            return tuple(metric for metric in ACCURACY_METRICS if metric != "ndcg_exp")
        return ACCURACY_METRICS

    def user_metrics(self) -> tuple[str, ...]:
        """The per-user metrics that there are numbers for."""
        return self.accuracy_metrics() + (LIST_METRICS if self.has_list_scores else ())

    def unit(self, metric: str) -> float:
        """What a metric's values are summed in: only popularity has no natural size."""
        return unit_of(self.largest_popularity) if metric == "popularity" else 1.0

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
        source += f"and user_rows.strategy_key in ({listed(self.everywhere) or 'null'})"
        means = (
            f"{exact_mean(f'user_rows.{metric}', self.unit(metric))} as {metric}"
            for metric in self.user_metrics()
        )
        return (
            f"select cast(null as usmallint) as cutoff_key, user_rows.strategy_key, "
            f"{label} as segment, user_rows.k, user_rows.user_id, {', '.join(means)} {source} "
            f"group by user_rows.strategy_key, segment, user_rows.k, user_rows.user_id"
        )

    @property
    def z(self) -> float:
        """Half the width of a normal interval, in standard errors."""
        return NormalDist().inv_cdf((1 + self.settings.confidence) / 2)

    def cutoff_name(self, key: int | None) -> str:
        """The name of a cutoff; without a key, that of the mean over cutoffs."""
        return EVERYTHING if key is None else self.cutoffs[key]
