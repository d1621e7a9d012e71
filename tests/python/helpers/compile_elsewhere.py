"""Compiles the models of the demo for a platform that is not there: what is missing for it?

    python compile_elsewhere.py snowflake [folder for the compiled models]

Runs with the Python that has the platform's adapter and sqlglot (make compile-elsewhere). Nothing
is connected to: the columns of the seeds, which the intake asks the database for, are read from
their headers. A dispatched macro that has no form for the platform is told, and stands as a
function of an unknown name, so that what else does not fit can be seen: errors of dbt, and what
sqlglot cannot parse in the platform's dialect. It is a forgiving parser: what it takes may fail on
the platform.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.adapters.base import BaseAdapter, BaseRelation, Column

PROJECT = Path(__file__).resolve().parents[3]
OUTPUTS = {
    "databricks": {"catalog": "main", "host": "localhost", "http_path": "/none", "token": "none"},
    "snowflake": {"account": "none", "user": "none", "password": "none", "database": "pingtop"},
    "bigquery": {"method": "oauth-secrets", "token": "none", "project": "pingtop"},
    "trino": {"host": "localhost", "user": "none", "database": "pingtop", "port": "1"},
}
# where a macro is looked for, after the platform's own name
PARENTS = {"databricks": ["spark"]}
DISPATCH = re.compile(r"adapter\.dispatch\('(\w+)', 'pingtop'\)")
FORM = r"macro %s__(\w+)\((.*?)\)"


def missing_macros(platform: str) -> dict[str, str]:
    """The arguments of each dispatched macro that has no form for a platform."""
    text = "\n".join(path.read_text() for path in sorted((PROJECT / "macros").rglob("*.sql")))
    there: set[str] = set()
    for engine in (platform, *PARENTS.get(platform, []), "default"):
        there |= {name for name, _ in re.findall(FORM % engine, text)}
    arguments = dict(re.findall(FORM % "duckdb", text))
    return {name: arguments[name] for name in sorted({*DISPATCH.findall(text)} - there)}


def stand_in(name: str, arguments: str) -> str:
    """A form of a macro that a parser takes: a call of an unknown function."""
    names = [one.split("=")[0].strip() for one in arguments.split(",") if one.strip()]
    body = f"stand_in_{name}({{{{ {names[0]} }}}})"
    if name == "split_items":
        body = "select {{ key }}, {{ value }} as item from {{ relation }}"
    elif name == "row_hash":
        body = "stand_in_row_hash({{ columns | join(', ') }})"
    return f"{{% macro default__{name}({arguments}) %}}{body}{{% endmacro %}}\n"


def scratch_project(folder: Path, platform: str) -> None:
    """The project with stand-ins for what is missing, and a profile that leads nowhere."""
    for name in ("macros", "models", "seeds", "tests/generic"):
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "dbt_project.yml", folder)
    for name, arguments in missing_macros(platform).items():
        (folder / "macros" / f"stand_in_{name}.sql").write_text(stand_in(name, arguments))
    settings = {"type": platform, "schema": "main", "threads": 1, **OUTPUTS[platform]}
    lines = "".join(f"      {name}: {value}\n" for name, value in settings.items())
    profile = f"pingtop:\n  target: here\n  outputs:\n    here:\n{lines}"
    (folder / "profiles.yml").write_text(profile)


def disconnect(platform: str) -> None:
    """Lets the adapter know the seeds' columns, and nothing else of a database."""
    module = import_module(f"dbt.adapters.{platform}")
    adapter = module.Plugin.adapter

    def columns(self: BaseAdapter, relation: BaseRelation) -> list[Column]:
        with (PROJECT / "seeds" / f"{relation.identifier}.csv").open(newline="") as file:
            return [self.Column(name, "string") for name in next(csv.reader(file))]

    adapter.get_columns_in_relation = columns
    adapter.get_relation = lambda *_, **__: None


def compiled(folder: Path, platform: str) -> tuple[dict[str, str], dict[str, str]]:
    """The SQL of each model, and what dbt says of those that it cannot compile."""
    from dbt.cli.main import dbtRunner

    disconnect(platform)
    places = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    places += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    arguments = ["compile", "--no-populate-cache", "--quiet", "--select", "resource_type:model"]
    arguments += ["--indirect-selection", "empty"]
    done = dbtRunner().invoke([*arguments, *places])
    if done.exception or done.result is None:
        raise SystemExit(f"dbt compile: {done.exception}")
    sql, refused = {}, {}
    for one in done.result:
        if one.status == "success":
            sql[one.node.name] = one.node.compiled_code or ""
        else:
            refused[one.node.name] = str(one.message)
    return sql, refused


def main(platform: str, output: str = "") -> None:
    import sqlglot

    print("macros without a form:", ", ".join(missing_macros(platform)) or "none")
    with tempfile.TemporaryDirectory() as folder:
        scratch_project(Path(folder), platform)
        sql, refused = compiled(Path(folder), platform)
    for name, text in sorted(sql.items()):
        if output:
            Path(output).mkdir(parents=True, exist_ok=True)
            (Path(output) / f"{name}.sql").write_text(text)
        try:
            sqlglot.parse_one(text, dialect=platform)
        except sqlglot.errors.SqlglotError as error:
            refused[name] = str(error)
    print(f"models that compile: {len(sql)}, that sqlglot parses: {len(sql.keys() - refused)}")
    for name, message in sorted(refused.items()):
        print(f"{name}: {' '.join(message.split())[:300]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
