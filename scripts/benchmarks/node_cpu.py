"""The CPU seconds of each node of a run of dbt in this process."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from typing import Any


def cpu_seconds() -> float:
    """What all threads of this process have taken so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class NodeClock:
    """Listens to dbt's events."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.began: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    def __call__(self, event: Any) -> None:  # noqa: ANN401 (dbt's events have no public type)
        """Take the time where a node begins or ends."""
        if event.info.name == "NodeStart":
            self.began[event.data.node_info.unique_id] = cpu_seconds()
        elif event.info.name == "NodeFinished":
            node = event.data.node_info.unique_id
            if node in self.began:
                self.seconds[node] = cpu_seconds() - self.began[node]


def run_dbt(arguments: Sequence[str]) -> tuple[bool, dict[str, float]]:
    """Run dbt's command line: whether it succeeded, and the CPU seconds of each node by its id."""
    from dbt.cli.main import dbtRunner

    clock = NodeClock()
    result = dbtRunner(callbacks=[clock]).invoke(list(arguments))
    if result.exception:
        print(result.exception)
    return result.success, clock.seconds
