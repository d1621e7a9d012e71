"""Reading releases in S3: the newest is copied to this machine, once and whole.

A release never changes, so what was copied stays right. Readers need all of it but the Parquet
files, which are for other tools: those read them in S3.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import InputError, sentence_of
from releases.release import DATABASE, MANIFEST, TABLES, ReleaseError
from releases.s3 import FILES, NAME, Address, address_of, is_missing, read_pointer, told

KEPT = 2  # copies: that of the current release and, for who still reads it, of the one before
UNFINISHED = ".unfinished-"
TRIES = 3  # the current release may be removed while it is copied, as a newer one is there


def fetch_release(url: str) -> Path:
    """The copy of the newest release below the address, or of the release that it names."""
    parent, _, last = url.rpartition("/")
    named = last if NAME.fullmatch(last) else None
    try:
        address = address_of(parent if named else url)
        with told(url, ReleaseError):
            for _ in range(TRIES):
                name = named or read_pointer(address).release
                if name is None:
                    break
                copy = copied(address, name)
                if copy:
                    return copy
    except OSError as error:
        raise ReleaseError(f"The release cannot be copied from S3: {sentence_of(error)}") from error
    except ReleaseError:
        raise
    except InputError as error:
        raise ReleaseError(str(error)) from error
    raise ReleaseError(
        f"There is no release in {url} yet: build and publish one with make build publish."
    )


def copied(address: Address, name: str) -> Path | None:
    """The copy of a release, made where there is none; nothing where S3 has it no more."""
    folder = address.local("copies")
    if (folder / name / MANIFEST).is_file():
        return folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with in_turn(folder):
        if not (folder / name / MANIFEST).is_file():
            for left in folder.glob(f"{UNFINISHED}*"):  # by a reader that was killed
                shutil.rmtree(left, ignore_errors=True)
            if not copy(address, name, folder):
                return None
            remove_old_copies(folder, name)
    return folder / name


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until nobody else copies into the folder: they may copy just the same."""
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def copy(address: Address, name: str, folder: Path) -> bool:
    """Copy what readers need, compare it with what was published, and then give it its name."""
    from botocore.exceptions import ClientError

    work = folder / f"{UNFINISHED}{name}"
    work.mkdir()
    try:
        try:
            listed = read_files(address, name)
            wanted = {MANIFEST, DATABASE, *listed}
            for file in sorted(one for one in wanted if not one.startswith(f"{TABLES}/")):
                target = work / file
                target.parent.mkdir(exist_ok=True)
                address.client.download_file(address.bucket, address.key(name, file), str(target))
                if facts_of(target) != listed.get(file):
                    raise ReleaseError(
                        f"{address.url}/{name}/{file} is not what was published: publish anew "
                        "with make publish."
                    )
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        os.replace(work, folder / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def read_files(address: Address, name: str) -> dict[str, Any]:
    """Size and checksum of each file of a release."""
    found = address.client.get_object(Bucket=address.bucket, Key=address.key(name, FILES))
    return dict(json.loads(found["Body"].read()))


def facts_of(file: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def remove_old_copies(folder: Path, current: str) -> None:
    """Keep the newest copies only, and the one that was just asked for."""
    names = sorted(path.name for path in folder.iterdir() if NAME.fullmatch(path.name))
    for name in names[:-KEPT]:
        if name != current:
            doomed = folder / f"{UNFINISHED}{name}"
            os.replace(folder / name, doomed)
            shutil.rmtree(doomed, ignore_errors=True)
