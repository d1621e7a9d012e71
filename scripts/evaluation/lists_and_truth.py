"""The first step: lists and truth with small keys, and everything that can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from common import InputError, literal
from evaluation.run import INTEGER_TYPES, LARGEST_GRADE, SMALLEST_GRADE, Run
from evaluation.settings import EVERYTHING
from evaluation.wording import break_in

ONLY_STRATEGY = "lists"  # the name of the strategy where the lists have no such column
RANK_BITS = 62  # ranks up to here are checked in the bits of one integer


def load_keys(run: Run) -> None:
    """Number the cutoffs and the strategies: small integers are cheap to join and group by."""
    lists, truth = run.tables["lists"], run.tables["truth"]
    for table in run.tables.values():
        if table.repeated_headers:
            lines = "a line" if table.repeated_headers == 1 else f"{table.repeated_headers:,} lines"
            run.notes.append(f"{table.name} has {lines} amid its rows that repeat the header.")
    for kind in ("lists", "truth"):
        if not run.sql(f"select 1 from {run.tables[kind].relation} limit 1"):
            hint = (
                "there is nothing to compare the lists with; widen the horizon or check the cutoff"
                if kind == "truth"
                else "there is nothing to evaluate"
            )
            raise InputError(f"{run.tables[kind].name} ({kind}) has no rows: {hint}.")
    if lists.has("cutoff"):
        found = {}
        for kind in ("lists", "truth"):
            found[kind] = run.find_cutoffs(kind)
            if None in found[kind] or "" in found[kind]:
                raise InputError(
                    f"{run.tables[kind].name} ({kind}) has rows without a cutoff: fill it in."
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
            _check_cutoffs_of(run, kind, found["lists"])
        if len(found["lists"]) > 1 and EVERYTHING in found["lists"]:
            raise InputError(
                f"a cutoff is named {EVERYTHING!r}, which stands for the mean over cutoffs: "
                "give it another name."
            )
        run.cutoffs = in_order_of_time(run, found["lists"])
    else:
        run.cutoffs = [EVERYTHING]
    if lists.has("strategy"):
        rows = run.sql(
            f"select distinct trim(cast({lists.column('strategy')} as varchar)) "
            f"from {lists.relation}"
        )
        named = {row[0] for row in rows}
        if None in named or "" in named:
            raise InputError(
                f"{lists.name} (lists) has rows without a strategy: fill in the name, or leave "
                "out the column if there is only one."
            )
        run.strategies = sorted(named)
    else:
        run.strategies = [ONLY_STRATEGY]
    number_keys(run)


def in_order_of_time(run: Run, cutoffs: Iterable[str]) -> list[str]:
    """Cutoffs, the earliest first; names that are no moments by number or alphabet."""
    names = ", ".join(f"({literal(name)})" for name in cutoffs)
    return [
        row[0]
        for row in run.sql(
            f"select cutoff from (values {names}) as found (cutoff) "
            "order by try_cast(cutoff as timestamp), try_cast(cutoff as double), cutoff"
        )
    ]


def number_keys(run: Run) -> None:
    """The tables of cutoffs, strategies and Ks."""
    for name, key, values in (
        ("cutoffs", "cutoff", run.cutoffs),
        ("strategies", "strategy", run.strategies),
    ):
        rows = ", ".join(f"({number}, {literal(value)})" for number, value in enumerate(values))
        run.create(
            name,
            f"select cast(number as usmallint) as {key}_key, {key} "
            f"from (values {rows}) as found (number, {key})",
        )
    ks = ", ".join(f"({k})" for k in run.settings.ks)
    run.create("ks", f"select cast(k as integer) as k from (values {ks}) as asked (k)")


def _check_cutoffs_of(run: Run, kind: str, cutoffs: set[str]) -> None:
    """An optional table that names cutoffs must have every one of them."""
    table = run.tables.get(kind)
    if table is None or not table.has("cutoff"):
        return
    for name in sorted(cutoffs - run.find_cutoffs(kind)):
        raise InputError(
            f"{table.name} ({kind}) has a column cutoff but no row for cutoff {name} of the "
            "lists: add its rows, or leave out the column if one table serves every cutoff."
        )


def load_lists_and_truth(run: Run) -> None:
    """Give both tables plain columns and keys.

    A single Parquet file of one fold is read where it is, which is cheaper than a copy as
    long as it is read a few times only.
    """
    read_often = {"catalogue", "history", "users"} & set(run.tables)
    for kind in ("lists", "truth"):
        table = run.tables[kind]
        joins = []
        cutoff_key = strategy_key = "cast(0 as usmallint)"
        if table.has("cutoff"):
            joins.append(run.fold_join(kind))
            cutoff_key = "cutoffs.cutoff_key"
        if kind == "lists" and table.has("strategy"):
            strategy = f"trim(cast(source.{table.column('strategy')} as varchar))"
            joins.append(f"inner join strategies on {strategy} = strategies.strategy")
            strategy_key = "strategies.strategy_key"
        columns = [f"{cutoff_key} as cutoff_key"]
        if kind == "lists":
            columns.append(f"{strategy_key} as strategy_key")
        columns += [f"{run.id(kind, name)} as {name}" for name in ("user_id", "ping_id")]
        if kind == "lists":
            columns.append(f"{_rank(run)} as rank")
        else:
            relevance = f"source.{table.column('relevance')}"
            columns.append(f"try_cast({relevance} as double) as relevance")
        query = f"select {', '.join(columns)} from {table.relation} as source {' '.join(joins)}"
        keep = bool(joins or read_often or table.is_csv)
        name = "list_rows" if kind == "lists" else "truth_rows"
        run.create_or_view(name, query, keep)


def _rank(run: Run) -> str:
    """The rank as an integer; null where it is not a whole number of 1 or more."""
    table = run.tables["lists"]
    written = f"source.{table.column('rank')}"
    if table.types["rank"] in INTEGER_TYPES:
        return f"cast({written} as bigint)"
    number = f"try_cast({written} as double)"
    return (
        f"case when {number} between 1 and 1e9 and {number} = floor({number}) "
        f"then cast({number} as bigint) end"
    )


def check_lists(run: Run) -> None:
    """Ids and ranks are there, ranks run 1, 2, 3 ... without gaps, no ping comes twice.

    A user's ranks are set as bits of one integer: n ranks are 1 to n exactly when the lowest
    n bits, and no others, are set. Equal pings have equal hashes, so n different hashes in a
    list of n prove that no ping comes twice; only where they do not (a repeat, or a rare
    collision) are the pings themselves compared.
    """
    name = f"{run.tables['lists'].name} (lists)"
    _check_ids(run, "list_rows", name)
    odd = _first(run, "list_rows", "rank is null or rank < 1", "strategy_key", "user_id")
    if odd:
        key, strategy, user = odd
        raise InputError(
            f"{name} has a rank that is not a whole number from 1 up, first for user {user}"
            f"{run.where(key, strategy)}: number each list 1, 2, 3 and so on."
        )
    selected, grouped = run.keyed("list_rows", "cutoff_key", "strategy_key", "user_id")
    run.create(
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
    _refuse_repeats(
        run,
        "list_rows",
        "list_users",
        "n_hashes < n_items",
        ("cutoff_key", "strategy_key", "user_id"),
        name,
        "keep each ping once in a list",
    )
    odd = _first(run, "list_users", "not is_dense", "strategy_key", "user_id")
    # Longer lists than there are bits are rare, and are looked at one by one.
    for row in (
        [odd]
        if odd
        else run.sql(
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
        ranks = run.sql(
            "select rank from list_rows "
            f"where cutoff_key = {key} and strategy_key = {strategy} "
            f"and cast(user_id as varchar) = {literal(user)} order by rank"
        )
        raise InputError(
            f"{name}: the ranks of user {user}{run.where(key, strategy)} are "
            f"{break_in([row[0] for row in ranks])}: number each list 1, 2, 3 and so on, "
            "without gaps or repeats."
        )


def check_truth(run: Run) -> None:
    """Ids are there, every relevance is a number of 0 or more, and no pair comes twice."""
    name = f"{run.tables['truth'].name} (truth)"
    _check_ids(run, "truth_rows", name)
    # NaN is above every number in DuckDB, and not below infinity.
    usable = "relevance >= 0 and relevance < cast('infinity' as double)"
    odd = _first(run, "truth_rows", f"not coalesce({usable}, false)", "user_id")
    if odd:
        key, user = odd
        raise InputError(
            f"{name} has a relevance that is not a number of 0 or more (missing, NaN, "
            f"infinite, negative or text), first for user {user}{run.where(key)}: correct or "
            "remove such rows."
        )
    unusable = f"relevance > {LARGEST_GRADE} or (relevance > 0 and relevance < {SMALLEST_GRADE})"
    odd = _first(run, "truth_rows", unusable, "user_id", "relevance")
    if odd:
        key, user, relevance = odd
        raise InputError(
            f"{name} has the relevance {relevance:g}, first for user {user}{run.where(key)}, with "
            f"which no metric can be computed: use grades from {SMALLEST_GRADE:g} to "
            f"{LARGEST_GRADE:g}, such as 1 to 4."
        )
    run.largest_grade = run.sql("select max(relevance) from truth_rows")[0][0]
    if run.largest_grade <= 0:
        raise InputError(
            f"{name} has no relevance above 0, so there is nothing to find: check the grades "
            "or widen the horizon."
        )
    selected, grouped = run.keyed("truth_rows", "cutoff_key", "user_id")
    run.create(
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
    _refuse_repeats(
        run,
        "truth_rows",
        "truth_users",
        "n_hashes < n_rows",
        ("cutoff_key", "user_id"),
        name,
        "keep one row a pair, such as the one with the highest relevance",
    )


def _check_ids(run: Run, rows: str, name: str) -> None:
    """Stop at a missing or blank id.

    One by one these conditions cost next to nothing, as Parquet knows the smallest value and
    the number of nulls of each part of a column: blank text is below '!'.
    """
    for column in ("user_id", "ping_id"):
        conditions = [f"{column} is null"]
        if run.id_type(column) == "varchar":
            conditions.append(f"{column} < '!' and trim({column}) = ''")
        for condition in conditions:
            if run.sql(f"select 1 from {rows} where {condition} limit 1"):
                raise InputError(f"{name} has rows without a {column}: remove or fill them.")


def _first(run: Run, table: str, condition: str, *columns: str) -> tuple[Any, ...] | None:
    """The first row, by cutoff and the columns, that meets the condition."""
    if not run.sql(f"select count(*) from {table} where {condition}")[0][0]:
        return None
    written = [f"cast({name} as varchar)" if name == "user_id" else name for name in columns]
    return run.sql(
        f"select cutoff_key, {', '.join(written)} from {table} where {condition} "
        "order by all limit 1"
    )[0]


def _refuse_repeats(
    run: Run,
    rows: str,
    users: str,
    is_suspicious: str,
    keys: tuple[str, ...],
    name: str,
    advice: str,
) -> None:
    """Look at suspicious users' own pings; stop if one comes twice."""
    if not run.sql(f"select count(*) from {users} where {is_suspicious}")[0][0]:
        return
    columns = ", ".join([*keys, "ping_id"])
    found = run.rows(
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
        where = run.where(row["cutoff_key"], row.get("strategy_key"))
        others = f" (and {row['pairs'] - 1:,} more pairs repeat)" if row["pairs"] > 1 else ""
        raise InputError(
            f"{name}: user {row['user_id']} has ping {row['ping_id']} {row['times']} times"
            f"{where}{others}: {advice}."
        )
