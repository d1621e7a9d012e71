"""Blocks on a Streamlit page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import markup
from dashboard.blocks import Block, Cards, Figure, Heading, Note, Table

# Streamlit's own page has wide margins and headings for a larger screen. Some of its charts offer
# their data as CSV, in which a spreadsheet would run an id such as =1+1: the table below the chart
# has the same numbers.
STYLE = f"""<style>
.stMainBlockContainer {{ padding-top: 3.5rem; padding-bottom: 3rem; max-width: 80rem; }}
.stMain h2, .stMain h3 {{ padding: 0.25rem 0; }}
@media (max-width: 640px) {{ .stMainBlockContainer {{ padding-left: 1rem; padding-right: 1rem; }} }}
.st-key-cards {{ display: grid; gap: 0.75rem; grid-template-columns: repeat(3, minmax(0, 1fr)); }}
.st-key-cards [class*="st-key-card-"] {{ border: 1px solid #d5d9dd; border-radius: 0.5rem;
    padding: 0.75rem 1rem; gap: 0; height: 100%; }}
.st-key-cards > div {{ height: 100%; }}
.st-key-cards dl.pt-card {{ border: 0; padding: 0; }}
.st-key-cards button {{ min-height: 0; padding: 0.25rem 0; text-align: left; color: #005a8c; }}
@media (max-width: 800px) {{
    .st-key-cards {{ gap: 0.5rem; grid-template-columns: repeat(2, minmax(0, 1fr)); }}
    .st-key-cards [class*="st-key-card-"] {{ padding: 0.5rem 0.75rem; }}
}}
[data-testid="stElementToolbarButton"]:has([aria-label^="Show data"]) {{ display: none; }}
{markup.STYLE}
</style>"""


def show(page: Sequence[Block], has_heading: bool = False) -> None:
    """Figures stand in pairs, unless they are wide; all else takes the whole width.

    has_heading: the page goes on below a heading that stands already.
    """
    waiting: list[Figure] = []
    for block in page:
        if isinstance(block, Figure) and not block.is_wide:
            waiting.append(block)
            if len(waiting) == 2:
                show_pair(waiting, has_heading)
                waiting = []
            continue
        show_pair(waiting, has_heading)
        waiting = []
        has_heading = has_heading or isinstance(block, Heading)
        show_block(block, has_heading)
    show_pair(waiting, has_heading)


def show_pair(figures: Sequence[Figure], has_heading: bool) -> None:
    if figures:
        for column, figure in zip(st.columns(2, gap="medium"), figures, strict=False):
            with column:
                show_figure(figure, has_heading)


def show_figure(figure: Figure, has_heading: bool) -> None:
    """Below a heading the title is one of the third level, else of the second."""
    (st.subheader if has_heading else st.header)(figure.title, anchor=False)
    st.html(markup.note(Note(figure.text, "figure")))
    st.altair_chart(figure.chart, width="stretch", theme=None, alt=figure.description)
    st.html((markup.table if figure.is_table_open else markup.folded_table)(figure.table))


def show_block(block: Block, has_heading: bool) -> None:
    if isinstance(block, Cards):
        st.html(markup.cards(block))
    elif isinstance(block, Figure):
        show_figure(block, has_heading)
    elif isinstance(block, Heading):
        st.header(block.text, anchor=False)
    elif isinstance(block, Note):
        st.html(markup.note(block))
    elif isinstance(block, Table):
        st.html(markup.table(block))


def show_cards(block: Cards, explain: Callable[[str], None], opened: str | None) -> None:
    """Cards that open the explanation of their change. opened: the metric that is explained."""
    with st.container(key="cards"):
        for number, card in enumerate(block.cards):
            with st.container(key=f"card-{number}"):
                st.html(markup.card(card))
                if card.explained is None:
                    continue
                is_open = card.explained == opened
                st.button(
                    "Explained below" if is_open else "Why?",
                    key=f"explain-{card.explained}",
                    type="tertiary",
                    on_click=explain,
                    args=(card.explained,),
                )
