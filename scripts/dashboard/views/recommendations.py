"""One user: the list, what its scores are made of, and what the user did before."""

from __future__ import annotations

from dashboard import charts, formats
from dashboard.blocks import Block, Card, Cards, Column, Figure, Heading, Note, Row, Table
from releases.release import Release

TITLE = "Recommendations"
SUGGESTIONS = 12
HISTORY_SHOWN = 50
INTERESTS_SHOWN = 5

# The tables are written in the order of user_id, so each of these reads a few blocks of them (with
# a limit beside the filter, DuckDB would look at the whole table once more to fetch the columns).
LIST = "from recommendations where user_id = ? order by rank"
PROFILE = "from users where user_id = ?"
INTERESTS = """
    select category, n_events, affinity
    from user_category_affinity
    where user_id = ?
    order by affinity desc, category
"""
HISTORY = f"""
    with

    engaged as (

        select * from user_ping_engagement where user_id = ?

    )

    select
        engaged.ping_id,
        pings.category,
        pings.main_hashtag,
        pings.creator_id,
        engaged.n_events,
        engaged.engagement_score,
        engaged.last_event_timestamp,
        count(*) over () as pings_in_all
    from engaged
    left join pings on engaged.ping_id = pings.ping_id
    order by engaged.last_event_timestamp desc, engaged.ping_id
    limit {HISTORY_SHOWN}
"""
FIRST_USERS = f"""
    select user_id
    from recommendations
    where rank = 1 and user_id >= ? and user_id < ?
    limit {SUGGESTIONS}
"""

REASONS = {
    "engaged this creator": "engaged with this creator before",
    "globally popular": "popular with everyone",
    "recent": "published recently",
    "popular/new": "a mix of popular and new",
}
PREFERS = "prefers cat="
DECLARED = "declared interest in "


def plain_reason(reason: str) -> str:
    """The mart's reason as a sentence for people: "Watches much dance; popular with everyone."

    A category may hold the separator itself; what is not known stays as it is.
    """
    parts = []
    for part in reason.split("; "):
        if part.startswith(PREFERS):
            parts.append(f"has an interest in {part.removeprefix(PREFERS)}")
        elif part.startswith(DECLARED):
            parts.append(f"has declared an interest in {part.removeprefix(DECLARED)}")
        else:
            parts.append(REASONS.get(part, part))
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def first_users(release: Release, prefix: str = "") -> list[str]:
    """A few users with a list whose id begins so."""
    rows = release.rows(FIRST_USERS, [prefix, f"{prefix}\U0010ffff"])
    return sorted(row["user_id"] for row in rows)


def list_figure(user: str, slots: list[Row]) -> Figure:
    rows = [
        row | {"place": f"{row['rank']}. {row['ping_id']}", "why": plain_reason(row["reason"])}
        for row in slots
    ]
    first = rows[0]
    names = charts.score_parts(rows)
    lowered = any(row[f"{name}_part"] < 0 for row in rows for name in names)
    largest = max(names, key=lambda part: first[f"{part}_part"])
    columns = [
        Column("rank", "rank", formats.count, True),
        Column("ping_id", "ping", formats.text),
        Column("why", "why", formats.text),
        Column("score", "score", formats.precise, True),
        *(Column(f"{part}_part", part, formats.precise, True) for part in names),
        Column("category", "category", formats.text),
        Column("main_hashtag", "hashtag", formats.text),
        Column("creator_id", "creator", formats.text),
    ]
    return Figure(
        f"What {user} would be shown",
        f"Made by {first['strategy']}. Each bar is a score, the sum of its {len(names)} parts."
        + (" Those left of 0 lower it." if lowered else ""),
        charts.stacked_parts(rows, "place", "score"),
        f"Stacked bar chart of the {len(rows)} scores of the list. The first is "
        f"{first['ping_id']} with {formats.precise(first['score'])}, mostly from {largest}.",
        Table(f"The list of {user} with the parts of its scores", columns, rows),
        is_wide=True,
    )


def profile_cards(profile: Row | None, history: list[Row], interests: list[Row]) -> Cards:
    if profile is None:
        kind, since = "not registered", "known from the log only"
    else:
        kind = "new user" if profile["is_new"] else "existing user"
        since = f"signed up {formats.day(profile['signup_date'])}"
    likes = ", ".join(
        f"{row['category']} {formats.percent(row['affinity'])}"
        for row in interests[:INTERESTS_SHOWN]
    )
    return Cards(
        [
            Card("User", kind, since),
            Card(
                "Pings with events",
                formats.count(history[0]["pings_in_all"] if history else 0),
                "never recommended again",
            ),
            Card(
                "Favourite category",
                formats.text(interests[0]["category"] if interests else None),
                likes or "no events on pings with a category",
            ),
        ]
    )


def history_table(history: list[Row]) -> Table:
    in_all = history[0]["pings_in_all"]
    shown = "" if in_all <= HISTORY_SHOWN else f"the latest {HISTORY_SHOWN} of "
    return Table(
        f"Pings the user has events on, latest first ({shown}{formats.count(in_all)})",
        [
            Column("ping_id", "ping", formats.text),
            Column("category", "category", formats.text),
            Column("main_hashtag", "hashtag", formats.text),
            Column("creator_id", "creator", formats.text),
            Column("n_events", "events", formats.count, True),
            Column("engagement_score", "engagement score", formats.number, True),
            Column("last_event_timestamp", "last event (UTC)", formats.moment),
        ],
        history,
    )


def declared(slot: Row) -> bool:
    """Whether a declared interest adds to the score; releases of before do not say."""
    return bool(slot.get("declared_part"))


def blocks(release: Release, user: str) -> list[Block]:
    slots = release.rows(LIST, [user])
    profile = release.rows(PROFILE, [user])
    history = release.rows(HISTORY, [user])
    if not slots and not profile and not history:
        return [
            Note(
                f"There is no user {user} in this release: check the id, which is case-sensitive.",
                "empty",
            )
        ]
    interests = release.rows(INTERESTS, [user])
    page: list[Block] = [profile_cards(profile[0] if profile else None, history, interests)]
    if slots:
        figure = list_figure(user, slots)
        reasons = Table(
            f"Why each ping is on the list of {user}",
            [column for column in figure.table.columns if column.key in ("rank", "ping_id", "why")],
            figure.table.rows,
        )
        page += [figure, Heading("Why"), reasons]
    else:
        page.append(Note("The list is empty: the user has events on the whole catalogue.", "empty"))
    page.append(Heading("History"))
    if history:
        page.append(history_table(history))
    else:
        also = ", and of declared interests" if any(map(declared, slots)) else " alone"
        page.append(Note(f"No events: the list is made of popular and new pings{also}.", "empty"))
    return page
