"""The pages of the dashboard, on the newest release: `make dashboard`.

Every run of a page resolves the link to the newest release once, so all its numbers are of one
build, and a release that is published meanwhile shows at the next click. Filters are in the URL.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from common import Row, releases_folder
from dashboard import age, formats, markup, screen
from dashboard.blocks import Cards, Note
from dashboard.views import (
    SEGMENTS,
    WINDOWS,
    alerts,
    catalogue,
    changes,
    classification,
    data,
    engagement,
    evaluation,
    experiments,
    health,
    recommendations,
    top_pings,
    users,
)
from releases.release import Release, ReleaseError, open_release


@st.cache_data(max_entries=1000, show_spinner=False)
def cached_rows(path: str, sql: str, parameters: tuple[Any, ...]) -> list[Row]:
    """A release never changes, so an answer holds as long as the release is current."""
    return Release(Path(path), {}).rows(sql, parameters)


class CachedRelease(Release):
    """A release that remembers its answers."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return cached_rows(str(self.path), sql, tuple(parameters))


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def one_of(
    label: str, key: str, options: dict[str, str], default: str, is_long: bool = False
) -> str:
    """A filter with few options, or a long list. It is in the address under its key, unless it is
    the default."""
    state = f"filter-{key}"
    if state not in st.session_state:
        given = st.query_params.get(key)
        st.session_state[state] = given if given in options else default
    if st.session_state[state] not in options:  # chosen on a release that had it
        st.session_state[state] = default
    names = list(options)
    if is_long:
        chosen = st.selectbox(label, names, format_func=lambda name: options[name], key=state)
    else:
        chosen = st.radio(
            label, names, format_func=lambda name: options[name], horizontal=True, key=state
        )
    if chosen == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen
    return chosen


def chosen_from(label: str, key: str, options: Sequence[str]) -> str:
    """A filter with many options, the first of which is the default; in the address."""
    if st.session_state.get(key, options[0]) not in options:  # of another experiment
        del st.session_state[key]
    chosen = st.selectbox(label, options, key=key, bind="query-params")
    return chosen or options[0]


def segment_filter() -> str:
    return one_of("Segment", "segment", SEGMENTS, "all")


def health_page(release: Release) -> None:
    screen.show(alerts.newest(release))
    left, right = st.columns(2)
    with left:
        segment = segment_filter()
    with right:
        window = one_of("Window before the newest event", "window", WINDOWS, "7d")
    known = changes.known_of(release, window)
    for block in health.now_blocks(release, segment, window, changes.explained_metrics(known)):
        if isinstance(block, Cards):
            screen.show_cards(block, explain, opened_explanation(known))
        else:
            screen.show([block])
    if window in changes.SPANS:
        explanation(release, known, segment)
    screen.show([*health.daily_blocks(release), *alerts.course(release)])


def explain(metric: str) -> None:
    """Open the explanation of a metric, by the dimension that explains most."""
    st.session_state["filter-why"] = metric
    st.session_state["filter-by"] = changes.MOST


def opened_explanation(known: changes.Known | None) -> str | None:
    """The metric that is explained, which is chosen below what asks for it."""
    if known is None:
        return None
    chosen = st.session_state.get("filter-why") or st.query_params.get("why")
    return chosen if chosen in known.summary else known.largest


def explanation(release: Release, known: changes.Known | None, segment: str) -> None:
    st.header(changes.TITLE, anchor=False)
    if known is None or known.largest is None:
        screen.show(changes.blocks(release, known))
        return
    left, right = st.columns(2)
    with left:
        choices = known.metric_choices()
        metric = one_of("Number to explain", "why", choices, changes.LARGEST, is_long=True)
    with right:
        choices = known.dimension_choices(metric)
        dimension = one_of("By", "by", choices, changes.MOST, is_long=True)
    if segment != "all":
        screen.show([Note(changes.OF_ALL)])
    screen.show(changes.blocks(release, known, metric, dimension), has_heading=True)


def engagement_page(release: Release) -> None:
    screen.show(engagement.blocks(release, segment_filter()))


def catalogue_page(release: Release) -> None:
    left, right = st.columns(2)
    with left:
        segment = one_of("Segment of impressions", "segment", SEGMENTS, "all")
    with right:
        order = one_of("Creators by", "creators", catalogue.ORDERS, "recommended_slots")
    screen.show(catalogue.blocks(release, segment, order))


def top_pings_page(release: Release) -> None:
    screen.show(top_pings.blocks(release))


def users_page(release: Release) -> None:
    screen.show(users.blocks(release))


def recommendations_page(release: Release) -> None:
    suggested = recommendations.first_users(release)
    user = st.text_input(
        "User id",
        key="user",
        bind="query-params",
        placeholder=suggested[0] if suggested else None,
        max_chars=200,
    )
    user = (user or "").strip()
    if user:
        screen.show(recommendations.blocks(release, user))
    elif suggested:
        first = suggested[0]
        screen.show(
            [
                Note(
                    f"No user is chosen, so this is {first}. Others: "
                    + ", ".join(suggested[1:])
                    + " …"
                )
            ]
        )
        screen.show(recommendations.blocks(release, first))
    else:
        screen.show([Note("No user has a list in this release.", "empty")])


def evaluation_page(release: Release) -> None:
    known = evaluation.choices(release)
    if known is None:
        screen.show([*evaluation.blocks(release), *classification.blocks(release)])
        return
    cutoffs = {f"{moment:%Y-%m-%dT%H:%M:%S}": moment for moment in known.cutoffs}
    left, middle, right = st.columns(3)
    with left:
        cutoff = one_of(
            "Cutoff (UTC)",
            "cutoff",
            {name: formats.moment(moment) for name, moment in cutoffs.items()},
            next(iter(cutoffs)),
        )
    with middle:
        lengths = {str(length): str(length) for length in known.lengths}
        length = one_of(
            "List length K", "k", lengths, "10" if "10" in lengths else next(iter(lengths))
        )
    with right:
        names = {name: name for name in known.segments}
        segment = one_of("Users", "users", names, next(iter(names)))
    recorded = evaluation.blocks(release, cutoffs[cutoff], segment, int(length))
    screen.show([*recorded, *classification.blocks(release)])


def experiments_page(release: Release) -> None:
    known = {str(split["experiment_id"]): split for split in experiments.splits(release)}
    if not known:
        screen.show(experiments.nothing(release))
        return
    left, middle, right = st.columns(3)
    with left:
        name = chosen_from("Experiment", "experiment", list(known))
    with middle:
        segment = chosen_from("Users", "group", experiments.segments(release, name))
    with right:
        metrics = experiments.metrics_of(release, known[name])
        metric = chosen_from("Metric by day and segment", "metric", metrics)
    screen.show(experiments.blocks(release, known[name], segment, metric))


def data_page(release: Release) -> None:
    screen.show(data.blocks(release, utc_now().replace(second=0, microsecond=0)))
    st.header("Definitions", anchor=False)
    tables = sorted(release.manifest["tables"])
    table = st.selectbox("Table", tables, key="table", bind="query-params")
    screen.show(data.definition_blocks(release, table or tables[0]))
    screen.show([data.variables_table(release)])


PAGES: tuple[tuple[str, str, Callable[[Release], None]], ...] = (
    ("health", health.TITLE, health_page),
    ("engagement", engagement.TITLE, engagement_page),
    ("catalogue", catalogue.TITLE, catalogue_page),
    ("top-pings", top_pings.TITLE, top_pings_page),
    ("users", users.TITLE, users_page),
    ("recommendations", recommendations.TITLE, recommendations_page),
    ("evaluation", evaluation.TITLE, evaluation_page),
    ("experiments", experiments.TITLE, experiments_page),
    ("data", data.TITLE, data_page),
)


def page_of(path: str, title: str, content: Callable[[Release], None], is_first: bool) -> Page:
    def run() -> None:
        st.html(screen.STYLE)
        st.title(title, anchor=False)
        try:
            found = open_release(releases_folder())
            release = CachedRelease(found.path, found.manifest)
            with st.sidebar:
                data_to = formats.moment(formats.parse_moment(release.manifest["data_to"]))
                st.html(
                    markup.note(Note(f"Pingtop. Data to {data_to} (UTC), release {release.name}."))
                )
            for warning in age.warnings(release, utc_now(), os.environ.get("PINGTOP_STALE_HOURS")):
                st.html(markup.note(warning))
            content(release)
        except ReleaseError as error:
            screen.show([Note(str(error), "empty")])

    return st.Page(run, title=title, url_path=path, default=is_first)


def main() -> None:
    st.set_page_config(
        page_title="Pingtop", layout="wide", menu_items={"About": "Pingtop: recommender analytics"}
    )
    pages = [page_of(*page, is_first=number == 0) for number, page in enumerate(PAGES)]
    st.navigation(pages, position="sidebar", expanded=True).run()


main()
