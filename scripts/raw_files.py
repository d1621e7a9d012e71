"""A plugin of dbt-duckdb, which profiles.yml names: raw files that DuckDB does not read by itself.

It gives the intake the functions ``pingtop_convert_file`` and ``pingtop_check_zstd``, and makes S3
a place of raw files where the raw location is one.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from intake.s3 import raw_location, s3_filesystem


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a module of plugins."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Make the functions, and S3 where it is asked for."""
        text = duckdb.sqltype("VARCHAR")
        conn.create_function("pingtop_convert_file", _convert, [text] * 5, text, side_effects=True)
        conn.create_function("pingtop_check_zstd", _check_zstd, [text], text, side_effects=True)
        if raw_location().startswith("s3://"):
            conn.register_filesystem(s3_filesystem())


_FOLDERS: list[Path] = []


def _convert(path: str, kind: str, compression: str, encoding: str, delimiter: str) -> str:
    """Give the path of the converted file, or ``!`` and a sentence that says why there is none."""
    # Most builds convert nothing.
    from intake.conversion import ConversionError, convert_file

    if not _FOLDERS:
        _FOLDERS.append(Path(tempfile.mkdtemp(prefix="pingtop_raw_", dir=os.environ.get("TMPDIR"))))
        atexit.register(shutil.rmtree, _FOLDERS[0], ignore_errors=True)
    target = _FOLDERS[0] / f"{len(list(_FOLDERS[0].iterdir()))}.parquet"
    try:
        convert_file(path, target, kind, compression, encoding, delimiter)
    except ConversionError as error:
        return f"!{error}"
    return str(target)


def _check_zstd(path: str) -> str:
    """Give nothing where a file of Zstandard is whole, else what is wrong, as in a sentence."""
    from intake.conversion import check_zstd

    try:
        return check_zstd(path) or ""
    except OSError as error:
        return f"cannot be read ({error})"
