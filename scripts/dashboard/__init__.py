"""What the dashboard and the report show of a release.

`views/` makes blocks (cards, figures, tables, notes) from a release: one module per page. The
dashboard renders them with Streamlit, the report as one HTML file, so both tell the same story.
"""
