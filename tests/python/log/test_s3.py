"""Raw files in S3, tried against moto's server, which stands for S3."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import boto3
import duckdb
import pytest
from dbt_runs import run_all
from log_shapes import NESTED, SHAPES, catalogue, events, separated, write_nested
from moto.server import ThreadedMotoServer
from warehouse import MODELS_ONLY, PROJECT

BUILD = ["build", *MODELS_ONLY, "--select", "+interactions", "+users", "+pings", "+intake_files"]
KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def upload(endpoint: str, folder: Path, bucket: str, prefix: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        region_name="us-east-1",
    )
    if bucket not in [one["Name"] for one in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=bucket)
    for path in folder.rglob("*"):
        if path.is_file():
            client.put_object(
                Bucket=bucket, Key=f"{prefix}/{path.relative_to(folder)}", Body=path.read_bytes()
            )


def test_a_log_in_s3_is_built_as_one_in_a_folder(tmp_path: Path, endpoint: str) -> None:
    """A mapping, compressed files, folders, and a second build that reads what is new."""
    plain, nested, parts = tmp_path / "plain", tmp_path / "nested", tmp_path / "parts"
    for folder in (plain, nested, parts):
        folder.mkdir()
    SHAPES["csv"].write(plain)
    write_nested(nested)
    (nested / "mapping.yml").write_text(NESTED)
    catalogue(parts)
    (parts / "interactions" / "day=1").mkdir(parents=True)
    lines = separated(events())
    (parts / "interactions" / "day=1" / "a.csv.gz").write_bytes(gzip.compress(lines.encode()))
    upload(endpoint, nested, "pings", "raw/nested")
    upload(endpoint, parts, "pings", "raw/parts")
    locations = [str(plain), "s3://pings/raw/nested", "s3://pings/raw/parts", "s3://pings/nothing"]
    runs = [
        {
            "arguments": BUILD,
            "environment": {
                "PINGTOP_RAW_LOCATION": location,
                "PINGTOP_DATABASE": str(tmp_path / str(place) / "warehouse.duckdb"),
            },
        }
        for place, location in enumerate(locations)
    ]
    runs.insert(3, runs[2])
    for place in range(len(locations)):
        (tmp_path / str(place)).mkdir()
    environment = KEYS | {"AWS_ENDPOINT_URL": endpoint} | runs[0]["environment"]
    outcomes = run_all(runs, tmp_path / "runs", PROJECT, environment)
    assert [outcome["exit_code"] for outcome in outcomes[:4]] == [0] * 4, outcomes
    tables = []
    for place in range(3):
        with duckdb.connect(str(tmp_path / str(place) / "warehouse.duckdb")) as connection:
            tables.append(connection.execute("from interactions order by all").fetchall())
            files = connection.execute("select max(batch_number) from intake_files").fetchall()
    assert len(tables[0]) == len(events())
    assert tables[1] == tables[0]
    assert tables[2] == tables[0]
    # what was read is not read again
    assert "built whole" not in outcomes[3]["output"]
    assert files == [(1,)]
    assert outcomes[4]["exit_code"] == 2
    assert (
        "The raw location 's3://pings/nothing' is not a folder with files" in outcomes[4]["output"]
    )
