"""A plugin of dbt-duckdb, which profiles.yml names: what only the process of a run knows of it.

The hooks that record a run (`build_history`) ask it by the macro ``run_facts``: for the CPU seconds
that the process has used so far, and for the commit of the code. A function of DuckDB in Python
would do as well, but its first call loads pandas where that is installed.
"""

from __future__ import annotations

import time

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig

from releases.code import git_state


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a module of plugins."""

    def store(self, target_config: TargetConfig) -> None:
        """Put the answer into what was handed over: nothing is stored."""
        if target_config.config["asked"] == "cpu_seconds":
            answer = {"cpu_seconds": time.process_time()}
        else:
            commit, has_changes = git_state()
            answer = {"commit": commit, "has_changes": has_changes}
        target_config.config.update(answer)
