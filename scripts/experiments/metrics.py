"""The metrics of experiments, as macros/experiments/experiment_metrics.sql has them."""

from __future__ import annotations

METRICS = (
    "watch_through_rate",
    "engagement_per_impression",
    "watch_time_sec_per_user",
    "likes_per_user",
    "shares_per_user",
    "comments_per_user",
    "follows_per_user",
    "hides_per_user",
    "sessions_per_user",
    "session_length_sec",
    "active_days_per_user",
    "d1_retention",
    "d7_retention",
    "distinct_pings_per_user",
    "distinct_creators_per_user",
)
RETENTION_DAYS = {"d1_retention": 1, "d7_retention": 7}
LESS_IS_BETTER = frozenset({"hides_per_user"})
EVERYBODY = "all"  # the segment that everybody is in
