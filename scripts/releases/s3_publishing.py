"""Publishing into S3: one publisher at a time, files first, the pointer last.

The pointer (`current.json`) also says who is publishing. Whoever wants to publish writes itself
into it, on the condition that it is unchanged since nobody was in it; renews that while it works;
and moves the pointer on the same condition. A publisher that is killed renews nothing any more, so
the next one takes its place; were it alive after all, its next write of the pointer fails, and
with it the publication: what it has uploaded was never the current release.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from common import InputError
from operations.processes import is_alive, machine
from releases.build import PublishBusyError, PublishError
from releases.publishing import UNFINISHED, OnTable, locked, remove_unfinished
from releases.release import MANIFEST
from releases.s3 import (
    FILES,
    NAME,
    POINTER,
    Address,
    OvertakenError,
    Pointer,
    address_of,
    is_missing,
    read_pointer,
    told,
    write_pointer,
)
from releases.s3_reading import facts_of

RENEW_SECONDS = 30
LEASE_SECONDS = 300  # of a publisher that has not renewed, after which another takes its place
BATCH = 1000  # objects that S3 removes in one request


def check_free(address: Address, pointer: Pointer) -> None:
    """Stop where another publisher is in the pointer, and may be alive."""
    other = pointer.content.get("publisher")
    if not other or pointer.age > LEASE_SECONDS:
        return
    if other.get("machine") == machine() and not is_alive(int(other.get("process", 0))):
        return
    raise PublishBusyError(
        f"another publisher ({other.get('machine', '').split(' ')[0]}, process "
        f"{other.get('process')}) is at work in {address.url}: wait until it is done, or has not "
        f"been heard of for {LEASE_SECONDS // 60} minutes."
    )


class Lease:
    """The right to publish, as long as it lasts."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.is_lost = False
        self.thread = threading.Thread(target=self._renew, daemon=True)

    def take(self) -> None:
        pointer = read_pointer(self.address)
        check_free(self.address, pointer)
        self.version = pointer.version
        self.content = {"release": pointer.release, "releases": pointer.releases}
        mine = {"machine": machine(), "process": os.getpid()}
        self.write(self.content | {"publisher": mine})
        self.thread.start()

    def write(self, content: dict[str, Any]) -> None:
        """Write the pointer, unless somebody else has."""
        with self.lock:
            try:
                if self.is_lost:
                    raise OvertakenError
                self.version = write_pointer(self.address, content, self.version)
            except OvertakenError as error:
                self.is_lost = True
                raise PublishBusyError(
                    f"another publisher has taken over in {self.address.url}: wait for it."
                ) from error
            self.content = content

    def _renew(self) -> None:
        while not self.stopped.wait(RENEW_SECONDS):
            # what S3 does not take this time, it may the next time; the last write says it
            with suppress(Exception):
                self.write(self.content)

    def give_back(self) -> None:
        self.stopped.set()
        if self.thread.is_alive():
            self.thread.join()
        if not self.is_lost:
            self.write({key: self.content[key] for key in ("release", "releases")})


class S3Shelf:
    """Releases in S3. It offers what releases.publishing.FolderShelf does."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self.address = address_of(url)
        except InputError as error:
            raise PublishError(str(error)) from error
        self.folder = self.address.local("publishing")
        self.pointer = f"{url}/{POINTER}"

    def place(self, name: str) -> str:
        """Where a release is, for people."""
        return f"{self.url}/{name}"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Only one publisher at a time, here and anywhere."""
        with locked(self.folder):
            remove_unfinished(self.folder)
            self.lease = Lease(self.address)
            with told(self.url, PublishError):
                self.lease.take()
            try:
                with told(self.url, PublishError):
                    self._remove_others()
                yield
            finally:
                # left in the pointer, it is nobody's once it is old or this process is gone
                with suppress(InputError), told(self.url, PublishError):
                    self.lease.give_back()

    def work(self, name: str) -> Path:
        """Where a release is written."""
        return self.folder / f"{UNFINISHED}{name}"

    def manifest(self) -> dict[str, Any] | None:
        """That of the current release."""
        from botocore.exceptions import ClientError

        name = self.lease.content["release"]
        if name is None:
            return None
        with told(self.url, PublishError):
            try:
                found = self.address.client.get_object(
                    Bucket=self.address.bucket, Key=self.address.key(name, MANIFEST)
                )
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
            return {"release": name} | json.loads(found["Body"].read())

    def add(self, work: Path, name: str, on_file: OnTable) -> None:
        """Upload a release and make it the current one."""
        client, bucket = self.address.client, self.address.bucket
        files = sorted(path for path in work.rglob("*") if path.is_file())
        listed = {}
        with told(self.url, PublishError):
            for number, path in enumerate(files):
                file = path.relative_to(work).as_posix()
                on_file(f"uploading {file}", number, len(files))
                listed[file] = facts_of(path)
                client.upload_file(str(path), bucket, self.address.key(name, file))
            client.put_object(
                Bucket=bucket,
                Key=self.address.key(name, FILES),
                Body=json.dumps(listed, indent=2).encode(),
                ContentType="application/json",
            )
            known = [*self.lease.content["releases"], name]
            self.lease.write(self.lease.content | {"release": name, "releases": known})

    def remove_old(self, keep: int) -> None:
        """Remove all but the newest `keep` releases, never the current one."""
        content = self.lease.content
        newest = sorted(content["releases"])[-keep:]
        kept = sorted({*newest, content["release"]})
        # the release is published; the next publisher tries again
        with suppress(InputError), told(self.url, PublishError):
            if kept != content["releases"]:
                self.lease.write(content | {"releases": kept})
            self._remove_others()

    def _remove_others(self) -> None:
        """Remove what the pointer does not name: old releases, and what killed publishers left,
        down to parts of files, which S3 does not list.
        """
        known = {self.lease.content["release"], *self.lease.content["releases"]}
        doomed = []
        for page in self._pages("list_objects_v2"):
            doomed += [one["Key"] for one in page.get("Contents", ()) if self._is_of(one, known)]
        for start in range(0, len(doomed), BATCH):
            objects = [{"Key": key} for key in doomed[start : start + BATCH]]
            self.address.client.delete_objects(
                Bucket=self.address.bucket, Delete={"Objects": objects, "Quiet": True}
            )
        for page in self._pages("list_multipart_uploads"):
            for one in page.get("Uploads", ()):
                if self._is_of(one, known):
                    self.address.client.abort_multipart_upload(
                        Bucket=self.address.bucket, Key=one["Key"], UploadId=one["UploadId"]
                    )

    def _is_of(self, listed: dict[str, Any], known: set[str | None]) -> bool:
        """Whether an object is one of a release that is not known."""
        name, slash, _ = listed["Key"].removeprefix(self.address.prefix).partition("/")
        return bool(slash) and NAME.fullmatch(name) is not None and name not in known

    def _pages(self, what: str) -> Iterator[dict[str, Any]]:
        paginator = self.address.client.get_paginator(what)
        yield from paginator.paginate(Bucket=self.address.bucket, Prefix=self.address.prefix)
