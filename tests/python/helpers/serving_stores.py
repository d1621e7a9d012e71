"""Stores for tests: throw-away servers of Redis and of AWS (moto), and what a store has in it."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from dashboard_server import free_port
from moto.server import ThreadedMotoServer

from pingtop_serving.stores import Store
from pingtop_serving.stores.cells import Version, head, newest

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def check_redis() -> None:
    """Stop the test where no Redis is installed, as a failure where one must be."""
    if shutil.which("redis-server"):
        return
    reason = "there is no redis-server: make redis"
    if os.environ.get("PINGTOP_NEEDS_REDIS"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[str]:
    """The address of a Redis of its own, which writes nothing to the disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    with (folder / "redis.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no", *options], stdout=log, stderr=log
        )
    try:
        password = options[options.index("--requirepass") + 1] if options else None
        with redis.Redis(port=port, password=password) as client:
            for _ in range(200):
                try:
                    client.ping()
                    break
                except redis.exceptions.ConnectionError:
                    time.sleep(0.05)
            else:
                raise RuntimeError((folder / "redis.log").read_text())
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def aws_server() -> Iterator[str]:
    """The address of a server that stands for AWS."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def heads(store: Store) -> dict[str, list[Version]]:
    """What a store has of every key."""
    return {key: head(begin) for page in store.scan() for key, begin in page}


def contents(store: Store) -> dict[str, bytes]:
    """Every record that is served."""
    generation = store.state().generation
    found = {}
    keys = sorted(heads(store))
    for at in range(0, len(keys), 500):
        for key, cell in store.cells(keys[at : at + 500]).items():
            value = newest(cell, generation)
            if value is not None:
                found[key] = value
    return found


def orphans(store: Store) -> list[str]:
    """Keys with anything that no reader of the served generation reads."""
    generation = store.state().generation
    return [
        key
        for key, versions in heads(store).items()
        if len(versions) != 1 or versions[0].generation > generation or not versions[0].digest
    ]
