"""One module per page. Each has `blocks(release, …)`, with the page's filters as arguments."""

from __future__ import annotations

SEGMENTS = {"all": "All users", "new": "New users", "existing": "Existing users"}
WINDOWS = {"all": "All days", "28d": "28 days", "7d": "7 days", "1d": "1 day"}
