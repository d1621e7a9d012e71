"""What was shown after the cutoff, by whom it was liked, and who can be evaluated."""

from __future__ import annotations

from common import Row
from evaluation.run import Run

# Pings of like length: as many groups of shown pairs, of equal sizes by length, or as many as have
# that many pairs each.
LENGTH_GROUPS = 30
LEAST_PAIRS = 100


def load_pairs(run: Run) -> None:
    """The shown pairs with both labels, as 0 or 1.

    The duration-fair label. A view counts as a response from half of the length on, which a short
    video reaches sooner: who puts short ones first looks clever by it. So the second label compares
    a watch time with those of shown pings of about the same length, which is how others take
    the length out of watch times: D2Q (Zhan et al., KDD 2022) sorts videos into groups of equal
    size by length, and learns the quantile of a watch time within its group; Watch Time Gain
    (Zheng et al., MM 2022) is the distance from the mean of its length, in deviations. Here a pair
    is positive where its watch time (of the longest view, 0 without one) is above the median of its
    group: more than half of the group's pairs come before it, of equal ones half. The groups are
    those of the pairs that are evaluated, so that in every group about as many are positive.
    """
    source, cutoff_key = run.fold_source("pairs")
    run.create(
        "shown",
        f"""
        select
            {cutoff_key} as cutoff_key,
            {run.id("pairs", "user_id")} as user_id,
            {run.id("pairs", "ping_id")} as ping_id,
            source.is_user_known,
            source.is_ping_known,
            source.has_response,
            source.watch_time_sec,
            source.duration_sec
        from {source}
        """,
    )
    run.create(
        "labelled",
        f"""
        with placed as (
            select
                *,
                rank() over (partition by cutoff_key order by duration_sec) - 1 as n_shorter,
                count(*) over (partition by cutoff_key) as n_pairs
            from shown
            where is_user_known and is_ping_known
        ),

        grouped as (
            select
                *,
                n_shorter * greatest(least(n_pairs // {LEAST_PAIRS}, {LENGTH_GROUPS}), 1)
                // n_pairs as length_group
            from placed
        ),

        compared as (
            select
                *,
                rank() over (
                    partition by cutoff_key, length_group order by watch_time_sec
                ) - 1 as n_less,
                count(*) over (
                    partition by cutoff_key, length_group, watch_time_sec
                ) as n_equal,
                count(*) over (partition by cutoff_key, length_group) as n_alike
            from grouped
        )

        select
            cutoff_key,
            user_id,
            ping_id,
            cast(has_response as integer) as response,
            cast(2 * n_less + n_equal > n_alike as integer) as fair
        from compared
        """,
    )


def label_pairs(run: Run, label: str) -> None:
    """The users to evaluate by a label, that have both classes, and their pairs."""
    run.create(
        "label_users",
        f"""
        select cutoff_key, user_id, count(*) as n_shown, sum({label}) as n_positive
        from labelled
        group by cutoff_key, user_id
        """,
    )
    run.create("evaluated_users", "from label_users where n_positive between 1 and n_shown - 1")
    run.create("list_users", "select cutoff_key, user_id from evaluated_users", "view")
    run.create(
        "label_rows",
        f"""
        select cutoff_key, user_id, ping_id, {label} as is_positive
        from labelled semi join evaluated_users using (cutoff_key, user_id)
        """,
    )


def count_users(run: Run, label: str) -> list[Row]:
    """Who is evaluated by a label, and who is not and why."""
    positive = "a response" if label == "response" else "a long watch time"
    found = run.rows(
        f"""
        with met as (
            select
                cutoff_key,
                user_id,
                bool_or(is_user_known) as is_known,
                bool_or(is_user_known and is_ping_known) as has_pairs
            from shown
            group by cutoff_key, user_id
        )

        select
            met.cutoff_key,
            case
                when not met.is_known then 'not known at the cutoff'
                when not met.has_pairs then 'shown nothing of the catalogue of then'
                when label_users.n_positive = 0 then 'one class: nothing with {positive}'
                when label_users.n_positive = label_users.n_shown
                    then 'one class: everything with {positive}'
            end as reason,
            count(*) as users
        from met
        left join label_users using (cutoff_key, user_id)
        group by all
        order by met.cutoff_key, reason nulls first
        """
    )
    return [
        {
            "cutoff": run.cutoff_name(row["cutoff_key"]),
            "strategy": None,
            "label": label,
            "what": "evaluated" if row["reason"] is None else "left_out",
            "reason": row["reason"],
            "users": row["users"],
        }
        for row in found
    ]


def note_pairs(run: Run) -> None:
    """A sentence for each cutoff on what was shown after it."""
    found = run.sql(
        """
        select
            cutoff_key,
            count(*),
            count(distinct user_id),
            avg(cast(has_response as integer)),
            count(*) filter (not (is_user_known and is_ping_known))
        from shown
        group by cutoff_key
        order by cutoff_key
        """
    )
    for cutoff_key, n_pairs, n_users, share, n_left_out in found:
        left_out = ""
        if n_left_out:
            left_out = (
                f"; {n_left_out:,} are left out, since the ping was not in the catalogue or the "
                "user not known then"
            )
        run.notes.append(
            f"after {run.cutoffs[cutoff_key]}, {n_pairs:,} pairs of a user and a ping were shown, "
            f"to {n_users:,} users, {share * 100:.1f} % of them with a response{left_out}."
        )
