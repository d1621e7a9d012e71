"""Raw files in S3, by s3fs, which is an extra."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


def raw_location() -> str:
    """The raw location of this run: of --vars, the environment or dbt_project.yml."""
    from dbt.flags import get_flags

    variables = getattr(get_flags(), "VARS", None) or {}
    return str(variables.get("raw_location") or os.environ.get("PINGTOP_RAW_LOCATION") or "")


def s3_filesystem() -> AbstractFileSystem:
    """S3 as files, by the endpoint, region and credentials of the usual environment variables."""
    try:
        import s3fs
    except ImportError as error:
        raise RuntimeError(
            "The raw location is in S3, which needs s3fs: install it with make s3 "
            "(or pip install -r requirements-s3.txt)."
        ) from error
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return s3fs.S3FileSystem(client_kwargs={"endpoint_url": endpoint} if endpoint else {})
