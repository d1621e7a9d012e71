"""Works on the tables of the target spark_local; a program of its own, since it starts Java.

    python spark_session.py job.json

The job has any of
    statements  SQL to run first
    views       folder to write each public view into, as Parquet
    compiled    folder of compiled models, of which `plans` gets what of their physical plans
                matters at scale: {model: [finding, …]}
    plans       file to write that into
    scans       file to write into how often each model reads each stored table, directly or
                by a view: {model: {"schema.table": times}}
It runs in the project's folder with the environment of the build.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from py4j.java_gateway import JavaObject
    from pyspark.sql import SparkSession

SMALL = 1000  # rows of a relation that is written out in the query itself


def nodes(plan: JavaObject) -> Iterator[JavaObject]:
    """A plan's nodes, its subqueries' included."""
    yield plan
    for listed in (plan.children(), plan.subqueries()):
        for place in range(listed.size()):
            yield from nodes(listed.apply(place))


def most_rows(plan: JavaObject) -> float:
    """How many rows a logical plan gives at most, as far as Spark knows."""
    rows = plan.maxRows()
    return float(rows.get()) if rows.isDefined() else float("inf")


def findings(plan: JavaObject) -> list[str]:
    """What should not be in a plan, or only where few rows are."""
    found = []
    for node in nodes(plan):
        kind = node.getClass().getSimpleName()
        if kind in ("BroadcastNestedLoopJoinExec", "CartesianProductExec"):
            join = node.logicalLink().get()
            fewest = min(most_rows(join.left()), most_rows(join.right()))
            if fewest > SMALL:
                found.append("cross join")
        elif kind == "BroadcastHashJoinExec" and node.isNullAwareAntiJoin():
            found.append("broadcast of any size")
        elif kind == "WindowExec" and node.partitionSpec().isEmpty():
            found.append("window on one partition")
        elif kind.startswith("Collect"):
            found.append("collect")
    return sorted(set(found))


def scans(plan: JavaObject) -> Counter[str]:
    """How often a plan reads each stored table."""
    names: Counter[str] = Counter()
    for node in nodes(plan):
        if node.getClass().getSimpleName() == "FileSourceScanExec":
            table = node.tableIdentifier().get()
            names[f"{table.database().get()}.{table.table()}"] += 1
    return names


def session() -> SparkSession:
    """The session of the target spark_local, made from the same profile."""
    import yaml
    from jinja2.nativetypes import NativeEnvironment
    from pyspark.sql import SparkSession

    text = Path("profiles.yml").read_text()
    profile = yaml.safe_load(text)["pingtop"]["outputs"]["spark_local"]
    environment = NativeEnvironment()
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in profile["server_side_parameters"].items():
        rendered = environment.from_string(str(value)).render(env_var=os.environ.get)
        builder = builder.config(name, str(rendered))
    return builder.getOrCreate()


def main(job: dict[str, Any]) -> None:
    spark = session()
    for statement in job.get("statements", []):
        spark.sql(statement)
    if "views" in job:
        for row in spark.sql("show views in main").collect():
            view = spark.table(f"main.{row.viewName}")
            view.write.mode("overwrite").parquet(f"{job['views']}/{row.viewName}")
    if "compiled" in job:
        found, read = {}, {}
        for path in sorted(Path(job["compiled"]).rglob("*.sql")):
            plan = spark.sql(path.read_text())._jdf.queryExecution().sparkPlan()
            found[path.stem], read[path.stem] = findings(plan), scans(plan)
        Path(job["plans"]).write_text(json.dumps(found))
        Path(job["scans"]).write_text(json.dumps(read))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
