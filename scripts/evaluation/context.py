"""What else is known before the cutoff: what users had seen, the catalogue, the users."""

from __future__ import annotations

from collections.abc import Sequence

from common import InputError, literal
from evaluation.files import InputTable
from evaluation.run import Run

TRUE_WORDS = ("true", "t", "yes", "y")
FALSE_WORDS = ("false", "f", "no", "n")


def load_history(run: Run) -> None:
    """Seen pairs by cutoff, each once, and how many users had seen anything at all."""
    if "history" not in run.tables:
        return
    source, cutoff_key = run.fold_source("history")
    run.create(
        "history_pairs",
        f"""
        select distinct
            {cutoff_key} as cutoff_key,
            {run.id("history", "user_id")} as user_id,
            {run.id("history", "ping_id")} as ping_id
        from {source}
        """,
    )
    if run.sql("select 1 from history_pairs where user_id is null or ping_id is null limit 1"):
        raise InputError(
            f"{run.tables['history'].name} (history) has rows without a user_id or ping_id: "
            "remove or fill them."
        )


def load_items(run: Run) -> None:
    """What is known of each ping before the cutoff.

    Its popularity is the catalogue's popularity, global_engagement or users_interacted
    (the first that is there), else the number of users in the history that saw it. It is
    warm where somebody had touched it before the cutoff: by the history, or without one by a
    count in the catalogue that is not 0.
    """
    catalogue = run.tables.get("catalogue")
    has_history = "history" in run.tables
    run.has_items = catalogue is not None or has_history
    if not run.has_items:
        return
    popularity = warmth = None
    if catalogue:
        _load_catalogue(run, catalogue)
        for column in ("popularity", "global_engagement", "users_interacted"):
            if catalogue.has(column):
                popularity = f"coalesce(catalogue.{column}, 0)"
                break
        for column in ("users_interacted", "global_engagement", "popularity"):
            if catalogue.has(column):
                warmth = f"coalesce(catalogue.{column}, 0) <> 0"
                break
        run.has_creators = catalogue.has("creator_id")
        run.has_categories = catalogue.has("category")
    if has_history:
        run.create(
            "seen_items",
            "select cutoff_key, ping_id, count(*) as n_users from history_pairs "
            "group by cutoff_key, ping_id",
        )
        popularity = popularity or "coalesce(seen_items.n_users, 0)"
        warmth = "seen_items.n_users is not null"
    run.has_popularity = popularity is not None
    run.has_warmth = warmth is not None
    joined = {
        (True, True): "catalogue full join seen_items using (cutoff_key, ping_id)",
        (True, False): "catalogue",
        (False, True): "seen_items",
    }[catalogue is not None, has_history]
    in_catalogue = "coalesce(catalogue.is_listed, false)" if catalogue else "true"
    run.create(
        "items",
        f"""
        select
            cutoff_key,
            ping_id,
            {in_catalogue} as in_catalogue,
            {"catalogue.creator_id" if run.has_creators else "null"} as creator_id,
            {"catalogue.category_key" if run.has_categories else "null"} as category_key,
            cast({popularity or "null"} as double) as popularity,
            {"coalesce(seen_items.n_users, 0)" if has_history else "null"} as n_users,
            {warmth or "null"} as is_warm
        from {joined}
        """,
    )
    if run.has_popularity:
        run.largest_popularity = run.sql("select max(abs(popularity)) from items")[0][0] or 0.0
    if catalogue:
        listed = run.sql("select count(*) from items where in_catalogue group by cutoff_key")
        smallest = min((row[0] for row in listed), default=0)
        for k in run.settings.ks:
            if k > smallest:
                run.notes.append(
                    f"K = {k} is more than the {smallest:,} pings of the catalogue: no list "
                    f"can be that long, and precision at {k} cannot exceed "
                    f"{min(1.0, smallest / k):.3g}."
                )
        unknown = run.sql(
            """
            select count(distinct list_rows.ping_id)
            from list_rows
            anti join (from items where in_catalogue) as listed using (cutoff_key, ping_id)
            """
        )[0][0]
        if unknown:
            run.notes.append(
                f"{unknown:,} recommended pings are not in the catalogue: they count as "
                "recommended, but not in coverage and gini, and have no category or creator."
            )


def _load_catalogue(run: Run, catalogue: InputTable) -> None:
    source, cutoff_key = run.fold_source("catalogue")
    columns = [f"{cutoff_key} as cutoff_key", f"{run.id('catalogue', 'ping_id')} as ping_id"]
    for column in ("creator_id", "category"):
        if catalogue.has(column):
            text = f"nullif(trim(cast(source.{catalogue.column(column)} as varchar)), '')"
            columns.append(f"{text} as {column}")
    for column in ("popularity", "global_engagement", "users_interacted"):
        if catalogue.has(column):
            number = f"try_cast(source.{catalogue.column(column)} as double)"
            _refuse_unread(run, "catalogue", column, number, "numbers, or leave it empty for 0")
            columns.append(f"{number} as {column}")
    query = f"select {', '.join(columns)}, true as is_listed from {source}"
    if catalogue.has("category"):
        number = "dense_rank() over (order by category)"
        query = (
            f"select *, case when category is not null then {number} end as category_key "
            f"from ({query}) as listed"
        )
    run.create("catalogue", query)
    odd = run.sql(
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
        if catalogue.has(column) and run.sql(
            f"select 1 from catalogue where isnan({column}) or isinf({column}) limit 1"
        ):
            raise InputError(
                f"{catalogue.name} (catalogue) has a {column} that is NaN or infinite: "
                "write numbers, or leave it empty for 0."
            )


def load_users(run: Run) -> None:
    """Each known user's segments, and the reason for leaving somebody out.

    Without a column `activity` the users' buckets come from the history: how many pings they
    had seen before the cutoff.
    """
    users = run.tables.get("users")
    has_history = "history" in run.tables
    if users:
        _load_given_users(run, users)
    run.has_activity = has_history or bool(users and users.has("activity"))
    if not users and not has_history:
        return
    if users and (users.has("activity") or not has_history):
        run.create("segments", "from given_users")
        return
    run.create(
        "seen_by_user",
        "select cutoff_key, user_id, count(*) as n_seen from history_pairs "
        "group by cutoff_key, user_id",
    )
    bucket = _activity_bucket(run, "coalesce(seen_by_user.n_seen, 0)")
    known = "given_users" if users else "known_users"
    if not users:
        run.create(
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
    run.create(
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


def _activity_bucket(run: Run, seen: str) -> str:
    bounds = sorted(set(run.settings.activity_bounds))
    cases = []
    lower = 0
    for bound in bounds:
        name = str(lower) if bound - 1 == lower else f"{lower}_to_{bound - 1}"
        cases.append(f"when {seen} < {bound} then '{name}'")
        lower = bound
    return f"case {' '.join(cases)} else '{lower}_up' end" if cases else f"'{lower}_up'"


def _load_given_users(run: Run, users: InputTable) -> None:
    source, cutoff_key = run.fold_source("users")
    run.has_new = users.has("is_new")
    run.has_left_out = users.has("left_out_reason") or users.has("is_eligible")
    reason = "cast(null as varchar)"
    if users.has("left_out_reason"):
        written = f"source.{users.column('left_out_reason')}"
        reason = f"nullif(trim(cast({written} as varchar)), '')"
    if users.has("is_eligible"):
        eligible = _flag(run, users, "is_eligible", TRUE_WORDS, FALSE_WORDS)
        reason = (
            f"case when coalesce({eligible}, true) then {reason} "
            f"else coalesce({reason}, 'not eligible') end"
        )
    is_new = "cast(null as boolean)"
    if run.has_new:
        # A user that we know, but not since when, is not new.
        flag = _flag(run, users, "is_new", (*TRUE_WORDS, "new"), (*FALSE_WORDS, "existing"))
        is_new = f"coalesce({flag}, false)"
    activity = "cast(null as varchar)"
    if users.has("activity"):
        written = f"source.{users.column('activity')}"
        activity = f"nullif(trim(cast({written} as varchar)), '')"
    run.create(
        "given_users",
        f"""
        select
            {cutoff_key} as cutoff_key,
            {run.id("users", "user_id")} as user_id,
            {is_new} as is_new,
            {activity} as activity,
            {reason} as left_out_reason
        from {source}
        """,
    )
    odd = run.sql(
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


def _flag(
    run: Run, users: InputTable, column: str, true_words: Sequence[str], false_words: Sequence[str]
) -> str:
    """A column of the users as a boolean, however it is written: a word, 1 or 0, 1.0 or 0.0."""
    text = f"lower(trim(cast(source.{users.column(column)} as varchar)))"
    cases = "".join(
        f" when {text} in ({', '.join(map(literal, words))}) "
        f"or try_cast({text} as double) = {number} then {value}"
        for words, number, value in ((true_words, 1, "true"), (false_words, 0, "false"))
    )
    flag = f"case{cases} end"
    _refuse_unread(run, "users", column, flag, "true or false")
    return flag


def _refuse_unread(run: Run, kind: str, column: str, value: str, advice: str) -> None:
    """Stop where something is written in a column from which no value can be made."""
    table = run.tables[kind]
    written = f"trim(cast(source.{table.column(column)} as varchar))"
    odd = run.sql(
        f"select min({written}) from {table.relation} as source "
        f"where {written} <> '' and {value} is null"
    )[0][0]
    if odd is not None:
        raise InputError(f"{table.name} ({kind}) has the {column} {odd!r}: write {advice}.")
