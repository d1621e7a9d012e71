"""Rewind the warehouse to past cutoffs and take from it what an evaluation needs.

For each cutoff the dbt project is built as of then, into a database file of its own (or, of another
engine, into schemas of its own), and its lists, truth, catalogue, users and history are written to
Parquet files, each with the column `cutoff`. The user's own warehouse is not touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from common import literal
from evaluation import Inputs
from evaluation.collaborative import collaborative_lists, collaborative_scores
from evaluation.more_lists import add_more_lists
from evaluation.rewound import Builder, RewindError, Rewound, Taken
from evaluation.shown import ShownInputs

MODELS = (
    "interactions",
    "holdout_interactions",
    "strategy_lists",
    "holdout_relevance",
    "pings",
    "ping_features",
    "users",
    "user_ping_engagement",
)
FOLDS = 3  # cutoffs where none is given
MOMENT = "%Y-%m-%d %H:%M:%S"

# What is taken from a rewound warehouse, in the shapes of evaluation.Inputs. The truth
# keeps pairs seen before: the evaluation leaves them out itself and counts the users it costs.
EXPORTS = {
    "lists": "select strategy, user_id, ping_id, rank from strategy_lists",
    "truth": "select user_id, ping_id, relevance from holdout_relevance",
    "catalogue": """
        select pings.ping_id, pings.creator_id, pings.category, ping_features.global_engagement
        from pings inner join ping_features on pings.ping_id = ping_features.ping_id
    """,
    "users": "select user_id, is_new from users",
    "history": "select user_id, ping_id from user_ping_engagement",
}
# The same of what was shown, in the shapes of ShownInputs. Strategies are columns there; those of
# the trained stages are not built everywhere.
TRAINED_MODEL = "int_ranking_shown_scores"
RESPONSE_MODEL = "int_ranking_shown_responses"
SHOWN_MODELS = (*MODELS, "int_shown_scores", TRAINED_MODEL, RESPONSE_MODEL)
SHOWN_EXPORTS = {
    "pairs": """
        select
            user_id, ping_id, user_key is not null as is_user_known,
            ping_key is not null as is_ping_known, has_response, watch_time_sec, duration_sec
        from intermediate.int_shown_pairs
    """,
    "scores": """
        from (
            unpivot intermediate.int_shown_scores
            on columns(* exclude (user_id, ping_id)) into name strategy value score
        )
    """,
    "users": EXPORTS["users"],
    "history": EXPORTS["history"],
}
TRAINED_SCORES = f"""
    from (
        unpivot (
            select
                users.user_id, pings.ping_id, scores.gbdt, scores.neural, responses.response
            from intermediate.{TRAINED_MODEL} as scores
            full join intermediate.{RESPONSE_MODEL} as responses using (user_key, ping_key)
            inner join intermediate.int_users as users using (user_key)
            inner join intermediate.int_pings as pings using (ping_key)
        )
        on gbdt, neural, response into name strategy value score
    )
"""
# What these, and the collaborative filters, read of a rewound warehouse: no more is brought here
# from another engine. Of events only their span is asked.
TAKEN_BY_BOTH = {
    "main.users": ("user_id", "is_new"),
    "main.ping_features": ("ping_id", "global_engagement"),
    "main.user_ping_engagement": ("user_id", "ping_id", "engagement_score"),
}
TAKEN: dict[str, Taken] = {
    "lists": TAKEN_BY_BOTH
    | {
        "main.strategy_lists": ("strategy", "user_id", "ping_id", "rank"),
        "main.holdout_relevance": ("user_id", "ping_id", "relevance"),
        "main.pings": ("ping_id", "creator_id", "category"),
    },
    "impressions": TAKEN_BY_BOTH
    | {
        "intermediate.int_shown_pairs": (
            *("user_id", "ping_id", "user_key", "ping_key", "has_response"),
            *("watch_time_sec", "duration_sec"),
        ),
        "intermediate.int_shown_scores": (),  # its columns are strategies
        f"intermediate.{TRAINED_MODEL}": ("user_key", "ping_key", "gbdt", "neural"),
        f"intermediate.{RESPONSE_MODEL}": ("user_key", "ping_key", "response"),
        "intermediate.int_users": ("user_key", "user_id"),
        "intermediate.int_pings": ("ping_key", "ping_id"),
    },
}


@dataclass(frozen=True)
class Rewind:
    """What to rewind to.

    as_of: cutoffs (UTC); empty for rolling ones that fit the log
    horizon_days: days after each cutoff that are held out
    list_length: length of the lists, the largest K to evaluate
    variables: further dbt variables
    collaborative: whether to add the lists of the collaborative filters (EASE and ALS)
    task: what is evaluated, lists or impressions
    more_lists: a file of another system's lists, which are strategies, too
    """

    as_of: tuple[datetime, ...]
    horizon_days: int
    list_length: int
    variables: dict[str, Any]
    collaborative: bool = False
    task: str = "lists"
    more_lists: Path | None = None

    @property
    def horizon(self) -> timedelta:
        return timedelta(days=self.horizon_days)

    @property
    def models(self) -> tuple[str, ...]:
        """What is built of a cutoff."""
        return MODELS if self.task == "lists" else SHOWN_MODELS

    @property
    def exports(self) -> dict[str, str]:
        """What is taken from it."""
        return EXPORTS if self.task == "lists" else SHOWN_EXPORTS


def parse_moment(text: str) -> datetime:
    """A UTC moment without zone from 2024-02-13, 2024-02-13 16:00:00 or one with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RewindError(
            f"--as-of {text} is not a moment: write it like 2024-02-13 or '2024-02-13 16:00:00'."
        ) from error
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def rolling_cutoffs(first: datetime, last: datetime, horizon: timedelta) -> list[datetime]:
    """Up to FOLDS midnights, a horizon apart, the last one a whole horizon before the log's end.

    Each cutoff has at least one horizon of events before it, to make the lists from.
    """
    end = last - horizon
    cutoff = end.replace(hour=0, minute=0, second=0, microsecond=0)
    cutoffs: list[datetime] = []
    while cutoff - horizon >= first and len(cutoffs) < FOLDS:
        cutoffs.append(cutoff)
        cutoff -= horizon
    if not cutoffs:
        days = (last - first).total_seconds() / 86_400
        raise RewindError(
            f"the log spans {days:.1f} days, too few for a horizon of "
            f"{horizon.total_seconds() / 86_400:g} days with as much history before it: "
            "give a smaller --horizon-days, or a cutoff with --as-of."
        )
    return sorted(cutoffs)


def rewind(
    plan: Rewind, folder: Path, builder: Builder, on_step: Callable[[str, float], None]
) -> tuple[Inputs | ShownInputs, list[str], str]:
    """Build the folds, and write what is taken from them below `folder`.

    Returns the inputs, notes and which log it is.
    """
    cutoffs = list(plan.as_of)
    notes = []
    log_source = ""
    if not cutoffs:
        on_step("reading the log", 0.0)
        with builder.build(["interactions"], plan.variables) as rewound:
            span = rewound.span("interactions")
            if span is None:
                raise RewindError(
                    "the log has no event that the intake accepts: see rejected_rows."
                )
            cutoffs = rolling_cutoffs(*span, plan.horizon)
        notes.append(
            "no --as-of was given, so the cutoffs are "
            + ", ".join(f"{cutoff:{MOMENT}}" for cutoff in cutoffs)
            + "."
        )
    if len(set(cutoffs)) != len(cutoffs):
        raise RewindError("the same --as-of is given twice: name each cutoff once.")
    for name in plan.exports:
        (folder / name).mkdir()
    for number, cutoff in enumerate(sorted(cutoffs)):
        on_step(f"building the warehouse as of {cutoff:{MOMENT}}", number / len(cutoffs))
        variables = plan.variables | {
            "as_of": f"{cutoff:{MOMENT}}",
            "holdout_days": plan.horizon_days,
            "top_k": plan.list_length,
        }
        with builder.build(plan.models, variables) as rewound:
            log_source = rewound.log_source()
            note = check_cutoff(rewound, cutoff, plan.horizon)
            if note:
                notes.append(note)
            connection = rewound.tables(TAKEN[plan.task])
            for name, query in exports_from(connection, plan).items():
                path = literal(folder / name / f"{number}.parquet")
                connection.execute(
                    f"copy (select '{cutoff:{MOMENT}}' as cutoff, * from ({query})) to {path}"
                )
            if plan.collaborative:
                kind = "lists" if plan.task == "lists" else "scores"
                path = literal(folder / kind / f"{number}_collaborative.parquet")
                connection.register("filters", collaborative(connection, plan))
                connection.execute(
                    f"copy (select '{cutoff:{MOMENT}}' as cutoff, * from filters) to {path}"
                )
    if plan.more_lists:
        add_more_lists(plan.more_lists, cutoffs, folder / "lists")
        notes.append(
            f"the lists of {plan.more_lists.name} are taken as made from what was known at the "
            "cutoff: nothing here can tell."
        )
    on_step("the warehouse is rewound", 1.0)
    kind = Inputs if plan.task == "lists" else ShownInputs
    return kind(**{name: folder / name for name in plan.exports}), notes, log_source


def exports_from(connection: duckdb.DuckDBPyConnection, plan: Rewind) -> dict[str, str]:
    """What is taken from a rewound warehouse, with the scores of the trained stages, if any."""
    is_trained = connection.execute(
        "select 1 from information_schema.tables where table_name = ?", [TRAINED_MODEL]
    ).fetchall()
    if plan.task == "lists" or not is_trained:
        return plan.exports
    scores = f"{plan.exports['scores']} union all by name {TRAINED_SCORES}"
    return plan.exports | {"scores": scores}


def collaborative(connection: duckdb.DuckDBPyConnection, plan: Rewind) -> pa.Table:
    """The lists (or scores of what was shown) of the collaborative filters, learned from what the
    rewound warehouse has seen.
    """
    queries = (
        "select user_id, ping_id, engagement_score >= 0.5 as is_engaged from user_ping_engagement",
        "select user_id from (select user_id from users"
        " union select user_id from user_ping_engagement)",
        "select ping_id, global_engagement from ping_features",
    )
    tables = (connection.execute(query).to_arrow_table() for query in queries)
    try:
        if plan.task == "lists":
            return collaborative_lists(*tables, plan.list_length)
        wanted = "select user_id, ping_id from intermediate.int_shown_scores"
        shown = connection.execute(wanted).to_arrow_table()
        return collaborative_scores(*tables, shown)
    except ValueError as error:
        raise RewindError(f"{error}: leave out --collaborative.") from error


def check_cutoff(rewound: Rewound, cutoff: datetime, horizon: timedelta) -> str | None:
    """Stop at a cutoff without events before or after it. Returns a note on a short horizon."""
    horizon_end = cutoff + horizon
    if rewound.span("interactions") is None:
        raise RewindError(
            f"the log has no event before --as-of {cutoff:{MOMENT}}: name a later cutoff."
        )
    span = rewound.span("holdout_interactions")
    if span is None:
        raise RewindError(
            f"the log has no event from --as-of {cutoff:{MOMENT}} to {horizon_end:{MOMENT}}: "
            "name an earlier cutoff, or give a longer --horizon-days."
        )
    _, last = span
    if last < horizon_end - timedelta(days=1):
        return (
            f"the horizon of {cutoff:{MOMENT}} ends at {horizon_end:{MOMENT}}, but its last event "
            f"is at {last:{MOMENT}}: the log may end too early for it."
        )
    return None
