"""Which part of the catalogue is shown, and to what effect."""

from __future__ import annotations

from dashboard import charts, formats
from dashboard.blocks import Block, Card, Cards, Column, Figure, Note, Row, Table
from dashboard.views import SEGMENTS
from releases.release import Release

TITLE = "Catalogue"
CREATORS_SHOWN = 15

COVERAGE = "from recommendation_coverage"
CURVE = "from exposure_curve order by percent_of_pings"
AGES = "from impressions_by_ping_age where segment = ? order by age_group"
ORDERS = {
    "recommended_slots": "Recommended slots",
    "impressions": "Impressions",
    "views": "Views",
    "watch_through_rate": "Watch-through rate",
    "follows": "Follows",
}


def creators_query(order: str) -> str:
    """The first creators by a column of ORDERS."""
    if order not in ORDERS:
        raise ValueError(f"creators cannot be sorted by {order}")
    return f"""
        from creator_health
        order by {order} desc nulls last, views desc, creator_id
        limit {CREATORS_SHOWN}
    """


def coverage_cards(coverage: Row) -> Cards:
    whole = formats.count
    return Cards(
        [
            Card(
                "Pings recommended",
                formats.percent(coverage["item_coverage"]),
                f"{whole(coverage['recommended_pings'])} of {whole(coverage['catalogue_pings'])}",
            ),
            Card(
                "Creators recommended",
                formats.percent(coverage["creator_coverage"]),
                f"{whole(coverage['recommended_creators'])} of "
                f"{whole(coverage['catalogue_creators'])}",
            ),
            Card(
                "Gini of exposure",
                formats.number(coverage["gini_exposure"]),
                "0: all pings alike, 1: one has all",
            ),
            Card(
                "Slots of new pings",
                formats.percent(coverage["new_item_share"]),
                f"{whole(coverage['new_item_slots'])} of {whole(coverage['recommended_slots'])}",
            ),
            Card(
                "Slots of the tail",
                formats.percent(coverage["tail_share"]),
                f"{whole(coverage['tail_slots'])} of {whole(coverage['recommended_slots'])}",
            ),
            Card("Slots in all lists", whole(coverage["recommended_slots"]), "list places in all"),
        ]
    )


def lorenz_figure(curve: list[Row]) -> Figure:
    top = next(row for row in curve if row["percent_of_pings"] == 90)
    share = None if top["share_of_slots"] is None else 1 - top["share_of_slots"]
    columns = [
        Column("share_of_pings", "share of pings", formats.percent, True),
        Column("pings_so_far", "pings", formats.count, True),
        Column("slots_so_far", "slots", formats.count, True),
        Column("share_of_slots", "share of slots", formats.percent, True),
    ]
    return Figure(
        "Lorenz curve of exposure",
        "Pings in the order of their slots, fewest first, and the share of all slots that they "
        "have. On the dashed line all would have the same.",
        charts.lorenz(
            curve, "share_of_pings", "share_of_slots", "share of pings", "share of slots"
        ),
        "Lorenz curve below the diagonal of equal shares: the most recommended tenth of the "
        f"catalogue has {formats.percent(share)} of the slots.",
        Table(
            "Share of slots by share of pings",
            columns,
            [row for row in curve if row["percent_of_pings"] % 5 == 0],
        ),
    )


def age_label(row: Row) -> str:
    if row["from_days"] is None:
        return "unknown"
    if row["to_days"] is None:
        return f"{row['from_days']}+"
    if row["from_days"] == row["to_days"]:
        return str(row["from_days"])
    return f"{row['from_days']}–{row['to_days']}"


def age_figure(ages: list[Row], segment: str) -> Figure:
    rows = [row | {"age": age_label(row)} for row in ages]
    shown = [row for row in rows if row["impressions"]]
    worst = max(shown, key=lambda row: row["no_view_24h_rate"], default=None)
    ending = (
        "There is no impression."
        if worst is None
        else f"Highest for pings of {worst['age']} days with "
        f"{formats.percent(worst['no_view_24h_rate'])}."
    )
    columns = [
        Column("age", "age in days", formats.text),
        Column("impressions_without_view_24h", "without a view", formats.count, True),
        Column("impressions", "impressions", formats.count, True),
        Column("no_view_24h_rate", "rate", formats.percent, True),
    ]
    return Figure(
        "Impressions without a view by ping age",
        f"{SEGMENTS[segment]}: share of the impressions without a view within 24 hours, by the "
        "age of the ping when it was shown.",
        charts.grouped_bars(
            rows,
            "age",
            [row["age"] for row in rows],
            "no_view_24h_rate",
            "no view within 24 h",
            ".0%",
            "age of the ping in days",
        ),
        f"Bar chart of the rate of impressions without a view by age of the ping. {ending}",
        Table("Impressions without a view by age of the ping", columns, rows),
    )


def creators_figure(creators: list[Row], order: str) -> Figure:
    is_rate = order == "watch_through_rate"
    columns = [
        Column("creator_id", "creator", formats.text),
        Column("pings", "pings", formats.count, True),
        Column("recommended_slots", "slots", formats.count, True),
        Column("exposure_share", "share of slots", formats.percent, True),
        Column("impressions", "impressions", formats.count, True),
        Column("views", "views", formats.count, True),
        Column("watch_through_rate", "watch-through rate", formats.percent, True),
        Column("follows", "follows", formats.count, True),
        Column("shares", "shares", formats.count, True),
    ]
    written = formats.percent if is_rate else formats.count
    first = creators[0]
    return Figure(
        f"Creators by {ORDERS[order].lower()}",
        f"The first {len(creators)} creators.",
        charts.ranked_bars(
            creators, "creator_id", order, ORDERS[order].lower(), ".0%" if is_rate else "~s"
        ),
        f"Bar chart of the {len(creators)} creators with the most {ORDERS[order].lower()}; the "
        f"first is {first['creator_id']} with {written(first[order])}.",
        Table(f"Creators by {ORDERS[order].lower()}", columns, creators),
        is_wide=True,
    )


def blocks(release: Release, segment: str = "all", order: str = "recommended_slots") -> list[Block]:
    [coverage] = release.rows(COVERAGE)
    if not coverage["catalogue_pings"]:
        return [
            Note("The catalogue has no pings: see the page Data for what was rejected.", "empty")
        ]
    creators = release.rows(creators_query(order))
    page: list[Block] = [
        coverage_cards(coverage),
        lorenz_figure(release.rows(CURVE)),
        age_figure(release.rows(AGES, [segment]), segment),
    ]
    if creators:
        return [*page, creators_figure(creators, order)]
    return [*page, Note("No ping of the catalogue has a creator.", "empty")]
