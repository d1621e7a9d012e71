"""Who is evaluated, who is not, and why."""

from __future__ import annotations

from common import InputError, Row, all_of
from evaluation.run import Run
from evaluation.settings import EVERYTHING


def find_evaluated_users(run: Run) -> None:
    """The relevant pairs that count, and the users that have one.

    A pair that the user had seen before the cutoff does not count (with `exclude_seen`): no
    strategy may recommend it. A user whose relevant pings were all seen, or who is left out
    by the users table, is not evaluated. Warm and cold items are two further scopes: the
    same lists against the relevant pings with, and without, any history.
    """
    drop_seen = "history" in run.tables and run.settings.exclude_seen
    joins = []
    conditions = ["truth_rows.relevance > 0"]
    if drop_seen:
        joins.append("anti join history_pairs using (cutoff_key, user_id, ping_id)")
    if run.has_left_out:
        joins.append(
            "anti join (from segments where left_out_reason is not null) as left_out "
            "using (cutoff_key, user_id)"
        )
    # An anti join keeps its left side only, so it comes before the join with the items.
    unseen = f"select * from truth_rows {' '.join(joins)} where {' and '.join(conditions)}"
    if run.has_warmth:
        query = f"""
            select relevant.*, coalesce(items.is_warm, false) as is_warm
            from ({unseen}) as relevant
            left join items using (cutoff_key, ping_id)
            """
    else:
        query = f"select *, cast(null as boolean) as is_warm from ({unseen}) as relevant"
    plain = not (joins or run.has_warmth)
    run.create_or_view("relevant", query, not plain)
    _create_scopes(run)
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
            from relevant {scope_join(run, "relevant")}
            group by relevant.cutoff_key, item_scopes.scope_key, relevant.user_id
            """
    run.create("evaluated_users", evaluated)
    for number, name in enumerate(run.cutoffs):
        found = run.sql(f"select 1 from evaluated_users where cutoff_key = {number} limit 1")
        if not found:
            at = f" at cutoff {name}" if run.tables["lists"].has("cutoff") else ""
            raise InputError(
                f"nobody can be evaluated{at}: every relevant ping of the truth was already "
                "seen by its user, or its user is left out; check the history and the users."
            )
    _find_folds(run)


def _create_scopes(run: Run) -> None:
    """All pings, and the warm and the cold ones where they can be told apart."""
    scopes = [(EVERYTHING, "null")]
    if run.has_warmth:
        scopes += [("warm_items", "true"), ("cold_items", "false")]
    values = ", ".join(
        f"({number}, '{name}', {warm})" for number, (name, warm) in enumerate(scopes)
    )
    run.create(
        "item_scopes",
        "select cast(number as utinyint) as scope_key, item_scope, "
        f"cast(warm as boolean) as warm from (values {values}) as scopes "
        "(number, item_scope, warm)",
    )


def _find_folds(run: Run) -> None:
    """Which strategy has a list at which cutoff."""
    # A strategy takes part at the cutoffs where it has a list at all.
    run.create("folds", "select distinct cutoff_key, strategy_key from list_users")
    missing = run.sql(
        """
        select strategies.strategy, cutoffs.cutoff
        from strategies cross join cutoffs
        anti join folds using (cutoff_key, strategy_key)
        order by all
        """
    )
    for strategy, cutoff in missing:
        run.notes.append(
            f"{strategy} has no list at all at cutoff {cutoff}: it is not evaluated there, nor "
            "over all cutoffs."
        )
    absent = {strategy for strategy, _ in missing}
    run.everywhere = [key for key, name in enumerate(run.strategies) if name not in absent]


def scope_join(run: Run, relation: str) -> str:
    """The join that gives each row its item scopes; needs `is_warm` there, if scopes differ."""
    if not run.has_warmth:
        return "cross join item_scopes"
    return f"inner join item_scopes on coalesce(item_scopes.warm = {relation}.is_warm, true)"


def count_users(run: Run) -> list[Row]:
    """Who is evaluated, who is not and why, and who is evaluated without a list."""
    found = _counted(run)
    evaluated = {row["cutoff_key"]: row["users"] for row in found if row["what"] == "evaluated"}
    if all(
        row["what"] != "without_list" or row["users"] == evaluated[row["cutoff_key"]]
        for row in found
    ):
        raise InputError(
            f"no evaluated user of {run.tables['truth'].name} (truth) has a list in "
            f"{run.tables['lists'].name} (lists): check that both write the ids alike and are "
            "of the same time."
        )
    return [
        {
            "cutoff": run.cutoff_name(row["cutoff_key"]),
            "strategy": None
            if row["strategy_key"] is None
            else run.strategies[row["strategy_key"]],
            "what": row["what"],
            "reason": row["reason"],
            "users": row["users"],
        }
        for row in found
    ]


def _counted(run: Run) -> list[Row]:
    """The counts of users as they are found, by keys."""
    known_users = left_out_case = left_out_join = evaluated_join = ""
    with_list = all_of(
        [
            run.match("evaluated", "list_users", "user_id"),
            run.match("folds", "list_users", "cutoff_key", "strategy_key"),
        ]
    )
    is_evaluated = "met.n_relevant > 0"
    if "history" in run.tables or run.has_left_out:
        is_evaluated = "evaluated.user_id is not null"
        evaluated_join = (
            "left join (from evaluated_users where scope_key = 0) as evaluated "
            f"on {run.match('met', 'evaluated', 'cutoff_key', 'user_id')}"
        )
    if "users" in run.tables:
        known_users = """
            union all
            select cutoff_key, user_id, 0 as n_relevant
            from segments
            anti join truth_users using (cutoff_key, user_id)
            anti join list_users using (cutoff_key, user_id)
            """
    if run.has_left_out:
        left_out_case = "when segments.left_out_reason is not null then segments.left_out_reason"
        left_out_join = (
            "left join segments on met.cutoff_key = segments.cutoff_key "
            "and met.user_id = segments.user_id"
        )
    return run.rows(
        f"""
        with met as (
            select cutoff_key, user_id, n_relevant from truth_users
            union all
            select distinct cutoff_key, user_id, 0 as n_relevant
            from list_users
            anti join truth_users
                on {run.match("list_users", "truth_users", "cutoff_key", "user_id")}
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
