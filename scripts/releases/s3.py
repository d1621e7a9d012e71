"""Releases in S3: the address, the pointer to the current release, and what can go wrong.

    s3://bucket/prefix/
        current.json                               the pointer: which release is the newest, which
                                                   others there are, and who is publishing
        20240213T061500123Z-1a2b3c4d/
            manifest.json  pingtop.duckdb  tables/*.parquet   as in a folder
            files.json                             size and SHA-256 of each

The pointer is one object, and whoever writes it says which version it replaces (a conditional
write): so it changes from one release to the next in one step, and of two writers only one does.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from common import S3_SCHEME, InputError, first_line, releases_cache

POINTER = "current.json"
FILES = "files.json"
NAME = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{8}")  # of a release
ATTEMPTS = 4  # to write the pointer, where S3 says that another request is under way
NO_ACCESS = {
    *("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"),
    *("InvalidToken", "403"),
}


class OvertakenError(Exception):
    """The pointer is not what it was: somebody else has written it since."""


@dataclass(frozen=True)
class Address:
    """A prefix of a bucket, and how to ask for it."""

    url: str
    bucket: str
    prefix: str  # empty, or with a slash at its end
    client: Any

    def key(self, *names: str) -> str:
        return self.prefix + "/".join(names)

    def local(self, purpose: str) -> Path:
        """A folder of this machine for what is copied from there, or goes there."""
        server = f"{self.client.meta.endpoint_url} {self.url}"
        return releases_cache() / purpose / f"{self.bucket}-{crc32(server.encode()):08x}"


@dataclass(frozen=True)
class Pointer:
    """What the pointer says, and which version of it that is."""

    content: dict[str, Any]
    version: str | None = None  # none: there is no pointer yet
    age: float = 0.0  # seconds since it was written, by the clock of S3

    @property
    def release(self) -> str | None:
        return self.content.get("release")

    @property
    def releases(self) -> list[str]:
        """All that have been the newest and are kept."""
        return list(self.content.get("releases", ()))


def address_of(url: str) -> Address:
    """The address of a prefix. Endpoint, region and credentials are those of the environment."""
    bucket, _, prefix = url.removeprefix(S3_SCHEME).partition("/")
    if not bucket:
        raise InputError(f"{url} names no bucket: write it like s3://bucket/prefix.")
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise InputError(
            f"the releases are in S3 ({url}), which needs boto3: install it with make s3 "
            "(or pip install -r requirements-s3.txt)."
        ) from error
    retries = {"mode": "standard", "max_attempts": ATTEMPTS}
    try:
        client = boto3.client("s3", config=Config(connect_timeout=10, retries=retries))
    except (BotoCoreError, ValueError) as error:  # a profile or an endpoint that cannot be
        raise InputError(f"S3 cannot be asked for {url}: {first_line(error)}.") from error
    return Address(url, bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else "", client)


def code_of(error: BaseException) -> str:
    """The code of an error of S3; empty for any other."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def is_missing(error: BaseException) -> bool:
    """Whether S3 has no such object."""
    return code_of(error) in ("NoSuchKey", "404")


@contextmanager
def told(url: str, kind: type[InputError]) -> Iterator[None]:
    """What S3 or the way there answers with, as one sentence in an error of the kind."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
    )

    try:
        yield
    except InputError as error:
        raise error if isinstance(error, kind) else kind(str(error)) from error
    except (EndpointConnectionError, HTTPClientError) as error:
        raise kind(f"S3 does not answer for {url}: {first_line(error)}.") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise kind(
            f"there are no credentials for {url}: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        ) from error
    except (ClientError, BotoCoreError, Boto3Error) as error:
        code = code_of(error)
        if code == "NoSuchBucket":
            sentence = f"there is no such bucket as that of {url}: make it, or name another."
        elif code in NO_ACCESS:
            sentence = f"S3 gives no access to {url} ({code}): check the credentials."
        elif code == "NotImplemented":
            sentence = (
                f"the S3 of {url} cannot write on a condition (If-Match), without which two "
                "publishers could mix: name a folder or another S3."
            )
        else:
            sentence = f"S3 says of {url}: {first_line(error)}."
        raise kind(sentence) from error


def read_pointer(address: Address) -> Pointer:
    """What the pointer says; without a version where there is none yet."""
    from botocore.exceptions import ClientError

    try:
        found = address.client.get_object(Bucket=address.bucket, Key=address.key(POINTER))
    except ClientError as error:
        if is_missing(error):
            return Pointer({})
        raise
    written = found["Body"].read()
    try:
        content = json.loads(written)
        named = content.get("release")
    except (ValueError, AttributeError) as error:
        raise InputError(f"{address.url}/{POINTER} is not a pointer to a release.") from error
    if named is not None and not NAME.fullmatch(str(named)):
        raise InputError(f"{address.url}/{POINTER} names {named}, which is no release.")
    date = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    moment = parsedate_to_datetime(date) if date else datetime.now(UTC)
    return Pointer(content, found["ETag"], (moment - found["LastModified"]).total_seconds())


def write_pointer(address: Address, content: dict[str, Any], version: str | None) -> str:
    """Write the pointer where it still is that version. Returns the new version.

    A write whose answer was lost is tried again by the client, and then refused because of itself:
    so what is written has a mark of its own, by which it is known.
    """
    from botocore.exceptions import ClientError

    mark = uuid.uuid4().hex
    body = json.dumps(content | {"mark": mark}, indent=2).encode()
    condition = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
    place = {"Bucket": address.bucket, "Key": address.key(POINTER)}
    for attempt in range(ATTEMPTS):
        try:
            done = address.client.put_object(
                **place, Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            if code_of(error) == "ConditionalRequestConflict" and attempt + 1 < ATTEMPTS:
                continue
            if code_of(error) not in ("PreconditionFailed", "ConditionalRequestConflict") and not (
                version and is_missing(error)
            ):
                raise
            found = read_pointer(address)
            if found.version and found.content.get("mark") == mark:
                return found.version
            raise OvertakenError from error
        return str(done["ETag"])
    raise OvertakenError
