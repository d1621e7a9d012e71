"""Releases in S3: as those of a folder, tried against moto's server, which stands for S3."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
import report
from moto.server import ThreadedMotoServer
from publishing import PROGRAM
from stand_in import Reader, StandIn, mixed

from common import BAD_INPUT, OK
from releases import s3, s3_publishing, s3_reading
from releases.build import PublishBusyError, PublishError
from releases.publishing import publish
from releases.release import ReleaseError, open_release

BUCKET = "pings"
URL = f"s3://{BUCKET}/nightly/releases"


class SmallStandIn(StandIn):
    table_count = 3


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    """An empty bucket, in an environment that leads to it, and a client that looks into it."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "PINGTOP_RELEASES": URL,
        "PINGTOP_RELEASES_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()):
        client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    for key in keys(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)


def keys(client: Any, below: str = "") -> list[str]:  # noqa: ANN401
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=below)
    return [one["Key"] for page in pages for one in page.get("Contents", ())]


def names(client: Any) -> list[str]:  # noqa: ANN401
    """The releases of which anything is in the bucket."""
    found = re.findall(rf"nightly/releases/({s3.NAME.pattern})/", "\n".join(keys(client)))
    return sorted(set(found))


def pointer(client: Any) -> dict[str, Any]:  # noqa: ANN401
    found = client.get_object(Bucket=BUCKET, Key="nightly/releases/current.json")
    return json.loads(found["Body"].read())


def write_pointer(client: Any, content: dict[str, Any]) -> None:  # noqa: ANN401
    client.put_object(
        Bucket=BUCKET, Key="nightly/releases/current.json", Body=json.dumps(content).encode()
    )


def publish_here(warehouse: StandIn, keep: int = 8) -> str:
    done = publish(warehouse.database, warehouse.target, URL, keep, lambda *_: None)
    assert done.is_new
    return done.place.rpartition("/")[2]


def command(warehouse: StandIn, *arguments: str) -> list[str]:
    line = [sys.executable, str(PROGRAM), "--database", str(warehouse.database)]
    return [*line, "--target", str(warehouse.target), *arguments]


def test_what_is_published_is_read(
    bucket: Any,  # noqa: ANN401
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whole, once, by the newest or by its own name, and nothing where it is this build already."""
    warehouse = SmallStandIn(tmp_path)
    with pytest.raises(ReleaseError, match="There is no release in s3://pings/nightly/releases"):
        open_release(URL)
    warehouse.build_number(1)
    done = subprocess.run(command(warehouse), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (OK, "")
    [name] = names(bucket)
    assert done.stdout == f"Published {URL}/{name}; {URL}/current.json points to it.\n"
    assert pointer(bucket).keys() == {"release", "releases", "mark"}
    below = f"nightly/releases/{name}"
    assert sorted(keys(bucket, below)) == sorted(
        f"{below}/{file}"
        for file in (
            *("manifest.json", "pingtop.duckdb", "files.json", "tables/interactions.parquet"),
            *(f"tables/table_{number}.parquet" for number in (1, 2)),
            *("models/gbdt.txt", "models/gbdt.own.json"),
        )
    )
    release = open_release(URL)
    assert release.name == name
    assert mixed(release.path) is None
    assert release.rows("select max(build) as build from table_1") == [{"build": 1}]
    # what the Parquet files hold, and what files.json says of all
    listed = json.loads(bucket.get_object(Bucket=BUCKET, Key=f"{below}/files.json")["Body"].read())
    for file, facts in listed.items():
        copy = tmp_path / "file"
        bucket.download_file(BUCKET, f"{below}/{file}", str(copy))
        assert s3_reading.facts_of(copy) == facts, file
    table = duckdb.sql(f"select count(*), max(build) from read_parquet('{copy}')").fetchall()
    assert table == [(5000, 1)]
    # it is copied once: no file is asked for again
    for file in ("manifest.json", "pingtop.duckdb"):
        bucket.delete_object(Bucket=BUCKET, Key=f"{below}/{file}")
    assert open_release(URL).path == release.path
    assert open_release(f"{URL}/{name}").path == release.path
    bucket.upload_file(str(release.path / "manifest.json"), BUCKET, f"{below}/manifest.json")
    again = publish(warehouse.database, warehouse.target, URL, 8, lambda *_: None)
    assert (again.is_new, again.place) == (False, f"{URL}/{name}")
    assert names(bucket) == [name]
    assert report.main(["--release", "s3://pings/elsewhere"]) == BAD_INPUT
    assert "There is no release in s3://pings/elsewhere yet" in capsys.readouterr().err


def test_old_releases_and_old_copies_go(bucket: Any, tmp_path: Path) -> None:  # noqa: ANN401
    warehouse, made = SmallStandIn(tmp_path), []
    other = "nightly/releases/notes/read.me"
    bucket.put_object(Bucket=BUCKET, Key=other, Body=b"somebody's")
    for number in range(4):
        warehouse.build_number(number)
        made.append(publish_here(warehouse, keep=2))
        copies = open_release(URL).path.parent
        assert names(bucket) == made[-2:]
        assert pointer(bucket)["releases"] == made[-2:]
    assert sorted(path.name for path in copies.iterdir() if path.name[0] != ".") == made[-2:]
    assert other in keys(bucket)
    # somebody went back to an older one: it stays as long as it is the current one
    write_pointer(bucket, pointer(bucket) | {"release": made[2]})
    assert open_release(URL).name == made[2]
    shelf = s3_publishing.S3Shelf(URL)
    with shelf.taken():
        shelf.remove_old(1)
    assert names(bucket) == made[2:]


def test_a_copy_is_what_was_published(bucket: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """What was changed in S3, or broke on the way, is refused, and leaves no copy."""
    warehouse = SmallStandIn(tmp_path)
    warehouse.build_number(1)
    name = publish_here(warehouse)
    key = f"nightly/releases/{name}/pingtop.duckdb"
    whole = bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    for broken in (whole[:-1], whole[:5000] + b"x" + whole[5001:]):
        bucket.put_object(Bucket=BUCKET, Key=key, Body=broken)
        with pytest.raises(ReleaseError, match=r"pingtop\.duckdb is not what was published"):
            open_release(URL)
        [copies] = (tmp_path / "cache" / "copies").iterdir()
        assert os.listdir(copies) == [".lock"]
    # a reader was killed while it copied
    (copies / f".unfinished-{name}").mkdir()
    bucket.put_object(Bucket=BUCKET, Key=key, Body=whole)
    assert mixed(open_release(URL).path) is None
    assert sorted(os.listdir(copies)) == [".lock", name]
    bucket.put_object(Bucket=BUCKET, Key="nightly/releases/current.json", Body=b"{")
    with pytest.raises(ReleaseError, match="is not a pointer to a release"):
        open_release(URL)
    with pytest.raises(PublishError, match="is not a pointer to a release"):
        publish_here(warehouse)


def test_a_release_that_goes_while_it_is_copied(
    bucket: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next one is taken instead."""
    warehouse = SmallStandIn(tmp_path)
    warehouse.build_number(1)
    first = publish_here(warehouse, keep=1)
    read_files = s3_reading.read_files

    def slowly(address: s3.Address, name: str) -> dict[str, Any]:
        listed = read_files(address, name)
        if name == first:
            warehouse.build_number(2)
            publish_here(warehouse, keep=1)
        return listed

    monkeypatch.setattr(s3_reading, "read_files", slowly)
    release = open_release(URL)
    assert [release.name] == names(bucket) != [first]
    assert mixed(release.path) is None


def test_a_killed_publisher_leaves_the_current_release_whole(
    bucket: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    """Killed at random moments of the upload, while a reader reads in a loop."""
    warehouse = SmallStandIn(tmp_path)
    warehouse.build_number(0)
    publish_here(warehouse)
    chance = random.Random(20240213)
    killed = unfinished = 0
    with Reader(URL, mixed) as reader:
        for number in range(1, 7):
            warehouse.build_number(number)
            before, current = names(bucket), pointer(bucket)["release"]
            process = subprocess.Popen(
                command(warehouse, "--keep", "2"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while not set(names(bucket)) - set(before) and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0.0, 0.05))
            process.kill()
            killed += process.wait() == -signal.SIGKILL
            left = pointer(bucket)
            unfinished += left["release"] == current and names(bucket) != before
            assert mixed(open_release(URL).path) is None
        upload = bucket.create_multipart_upload(
            Bucket=BUCKET, Key="nightly/releases/20240101T000000000Z-00000000/pingtop.duckdb"
        )
        assert upload["UploadId"]
        warehouse.build_number(99)
        # the one that was killed last is still in the pointer, and is known to be gone
        last = publish_here(warehouse, keep=2)
    assert reader.wrong == []
    assert reader.reads > 10
    assert killed >= 3
    assert unfinished >= 3, "some were killed while they uploaded"
    kept = pointer(bucket)["releases"]
    assert names(bucket) == kept, "the next publisher removes what killed ones left"
    assert (kept[-1], len(kept)) == (last, 2)
    assert "Uploads" not in bucket.list_multipart_uploads(Bucket=BUCKET)
    [publishing] = (tmp_path / "cache" / "publishing").iterdir()
    assert os.listdir(publishing) == [".lock"]


def test_two_publishers_of_one_machine(bucket: Any, tmp_path: Path) -> None:  # noqa: ANN401
    shelf = s3_publishing.S3Shelf(URL)
    warehouse = SmallStandIn(tmp_path)
    warehouse.build_number(1)
    with shelf.taken(), pytest.raises(PublishBusyError, match="another publisher is at work"):
        publish_here(warehouse)
    publish_here(warehouse)
    assert len(names(bucket)) == 1


def test_two_publishers_of_two_machines(
    bucket: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One at a time; the one that was silent for too long is overtaken and publishes nothing."""
    folders = [tmp_path / "a", tmp_path / "b"]
    one, other = (SmallStandIn(folder) for folder in folders)
    one.build_number(1)
    other.build_number(2)
    work = s3_publishing.S3Shelf(URL).add
    results: list[str] = []

    def publish_elsewhere() -> str:
        """What the other machine does: it has another name, and files of its own."""
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(s3_publishing, "machine", lambda: "elsewhere 1")
            elsewhere.setenv("PINGTOP_RELEASES_CACHE", str(tmp_path / "elsewhere"))
            return publish_here(other)

    def meanwhile(shelf: s3_publishing.S3Shelf, *given: Any) -> None:  # noqa: ANN401
        if not results:
            results.append("busy")
            with pytest.raises(PublishBusyError, match=r"another publisher \(.+, process \d+\)"):
                publish_elsewhere()
            monkeypatch.setattr(s3_publishing, "LEASE_SECONDS", -1)
            results.append(publish_elsewhere())
            monkeypatch.setattr(s3_publishing, "LEASE_SECONDS", 300)
        work.__func__(shelf, *given)

    monkeypatch.setattr(s3_publishing.S3Shelf, "add", meanwhile)
    with pytest.raises(PublishBusyError, match="has taken over"):
        publish_here(one)
    assert len(results) == 2
    assert pointer(bucket)["release"] == results[1]
    assert open_release(URL).manifest["invocation_id"].startswith("00000002")
    # what the one has uploaded is removed by the next publisher
    assert len(names(bucket)) == 2
    last = publish_here(one)
    assert names(bucket) == sorted([results[1], last])


def test_the_pointer_is_renewed_and_an_answer_may_be_lost(
    bucket: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_publishing, "RENEW_SECONDS", 0.05)
    shelf = s3_publishing.S3Shelf(URL)
    with shelf.taken():
        first = pointer(bucket)
        assert first["publisher"]["process"] == os.getpid()
        deadline = time.monotonic() + 10
        while pointer(bucket)["mark"] == first["mark"] and time.monotonic() < deadline:
            time.sleep(0.02)
        renewed = pointer(bucket)
        assert renewed["mark"] != first["mark"]
        assert renewed["publisher"] == first["publisher"]
    assert "publisher" not in pointer(bucket)
    # S3 has written, the answer did not come, and the client asks for the same once more
    address = s3.address_of(URL)
    put, asked = address.client.put_object, []

    def twice(**given: Any) -> Any:  # noqa: ANN401
        asked.append(put(**given))
        return put(**given)

    monkeypatch.setattr(address.client, "put_object", twice)
    before = s3.read_pointer(address)
    version = s3.write_pointer(address, {"release": None}, before.version)
    assert (version, len(asked)) == (s3.read_pointer(address).version, 1)
    with pytest.raises(s3.OvertakenError):
        s3.write_pointer(address, {"release": None}, before.version)


def test_what_is_wrong_is_one_sentence(
    bucket: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert bucket is not None
    warehouse = SmallStandIn(tmp_path)
    warehouse.build_number(1)
    done = subprocess.run(
        command(warehouse, "--releases", "s3://nobodys/releases"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (BAD_INPUT, "", 1)
    assert "nothing is published: there is no such bucket as that of s3://nobodys" in done.stderr
    with pytest.raises(ReleaseError, match="names no bucket"):
        open_release("s3:///releases")
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(
        ReleaseError, match=r"needs boto3: install it with make s3 .+requirements-s3"
    ):
        open_release(URL)
    monkeypatch.undo()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with pytest.raises(ReleaseError, match="S3 does not answer for"):
        open_release(URL)
