"""The most engaged pings."""

from __future__ import annotations

from dashboard import charts, formats
from dashboard.blocks import Block, Column, Figure, Note, Table
from releases.release import Release

TITLE = "Top pings"

TOP = "from top_pings order by engagement_rank"


def blocks(release: Release) -> list[Block]:
    rows = release.rows(TOP)
    if not rows:
        return [Note("No ping has an event yet.", "empty")]
    columns = [
        Column("engagement_rank", "rank", formats.count, True),
        Column("ping_id", "ping", formats.text),
        Column("global_engagement", "engagement", formats.number, True),
        Column("users_interacted", "users", formats.count, True),
        Column("category", "category", formats.text),
        Column("main_hashtag", "hashtag", formats.text),
        Column("creator_id", "creator", formats.text),
        Column("duration_sec", "length", formats.seconds, True),
        Column("created_at", "published (UTC)", formats.moment),
    ]
    table = Table("The most engaged pings", columns, rows)
    first = rows[0]
    return [
        Figure(
            "Global engagement",
            "Sum of the scores of all events on the ping: views by how much was watched, likes, "
            "comments, shares, follows and clicks; hides count against it.",
            charts.ranked_bars(rows, "ping_id", "global_engagement", "global engagement", "~s"),
            f"Bar chart of the {len(rows)} most engaged pings; the first is {first['ping_id']} "
            f"with {formats.number(first['global_engagement'])}.",
            table,
            is_wide=True,
            is_table_open=True,
        ),
    ]
