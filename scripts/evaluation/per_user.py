"""The metrics of both kinds together, a row per user."""

from __future__ import annotations

from pathlib import Path

import duckdb

from common import all_of, literal
from evaluation.run import Run
from evaluation.settings import ACCURACY_METRICS, LIST_METRICS

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


def assemble_per_user(run: Run) -> None:
    """One row per cutoff, strategy, evaluated user, item scope and K.

    A user that has a list but is not evaluated has a row too where the lists were scored by
    themselves, with nulls for accuracy. List metrics stand in the rows of scope `all`.
    """
    # With one cutoff this is read once or twice only, and not at all for the means.
    run.create_or_view("user_rows", _user_rows(run), len(run.cutoffs) > 1)
    there = {"is_evaluated", "list_length", "n_relevant", "hits", "k", *run.user_metrics()}
    if run.has_segments:
        there |= {"is_new", "activity"}
    absent = {"is_new": "boolean", "activity": "varchar"}
    columns = ", ".join(
        f"user_rows.{name}"
        if name in there
        else f"cast(null as {absent.get(name, 'double')}) as {name}"
        for name in PER_USER_COLUMNS[4:]
    )
    run.create(
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


def _user_rows(run: Run) -> str:
    """The query of those rows, by keys."""
    segments, segment_join = segment_columns(run)
    accuracy = ", ".join(
        f"coalesce(scored.{metric}, 0) as {metric}" for metric in run.accuracy_metrics()
    )
    lists = "list_scores" if run.has_list_scores else "list_users"
    length = "least(coalesce(list_users.n_items, 0), ks.k)"
    if run.has_list_scores:
        length = "coalesce(list_scores.list_length, 0)"
    # Folds bring the strategies, so a user's rows are found by the cutoff's and the user's.
    lists_on = [
        f"evaluated_users.user_id = {lists}.user_id",
        run.match("folds", lists, "cutoff_key", "strategy_key"),
        run.match("ks", lists, "k") if run.has_list_scores else "",
    ]
    scored_on = [
        run.match("evaluated_users", "scored", "user_id", "scope_key"),
        run.match("folds", "scored", "cutoff_key", "strategy_key"),
        run.match("ks", "scored", "k"),
    ]
    list_columns = "".join(
        f", case when evaluated_users.scope_key = 0 then list_scores.{metric} end as {metric}"
        for metric in run.user_metrics()
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
        left join scored on {all_of(scored_on)}
        left join {lists} on {all_of(lists_on)}
        {segment_join.format("evaluated_users")}
        """
    if run.has_list_scores:
        nulls = ", ".join(f"cast(null as double) as {metric}" for metric in run.accuracy_metrics())
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
                on {run.match("list_scores", "evaluated", "cutoff_key", "user_id")}
        ) as list_scores
        {segment_join.format("list_scores")}
        """
    return query


def segment_columns(run: Run) -> tuple[str, str]:
    """Further columns with the user's segments, and the join that brings them."""
    if not run.has_segments:
        return "", ""
    return (
        ", segments.is_new, segments.activity",
        "left join segments on {0}.cutoff_key = segments.cutoff_key "
        "and {0}.user_id = segments.user_id",
    )


def write_per_user(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the table that `evaluate` left behind as one Parquet file."""
    connection.execute(
        f"copy (from per_user) to {literal(path)} (format parquet, compression zstd)"
    )
