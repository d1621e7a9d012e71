#!/usr/bin/env python3
"""dbt, with the Python models of the trained ranking stages on an engine that runs none: Spark.

    scripts/rank.py build --target spark_local --vars '{ranking_enabled: true}'

What follows is given to dbt as it stands: one run builds everything in its order, and is recorded
as any other. On DuckDB it is the same as dbt itself.
"""

from __future__ import annotations

import os
import sys

from common import run_command
from ranking.elsewhere import exchange, run_python_models_here

# tells the check of the variables, in macros/ranking, who runs the models
WHO_RUNS = "PINGTOP_PYTHON_MODELS"


def main(arguments: list[str] | None = None) -> int:
    """Runs dbt, and exits as it does."""

    def work() -> None:
        from dbt.cli.main import cli

        exchange()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # of Spark's workers
        run_python_models_here()
        os.environ[WHO_RUNS] = "here"
        cli(arguments, prog_name="dbt")

    return run_command("rank", work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
