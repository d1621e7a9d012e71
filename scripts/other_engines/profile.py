"""Connections as dbt makes them, by profiles.yml, which alone knows the settings."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import chdir
from dataclasses import dataclass
from typing import Any

from common import PROJECT
from other_engines.engine import EngineError, not_installed


@dataclass(frozen=True)
class Opened:
    """A connection that dbt has made: with what, and dbt's handle of it."""

    credentials: Any
    handle: Any


def open_connection(target: str) -> Opened:
    """Connect to a target of profiles.yml."""
    try:
        from dbt.adapters.contracts.connection import Connection
        from dbt.adapters.factory import get_adapter_class_by_name
        from dbt.config.runtime import load_profile
        from dbt.flags import set_from_args
        from dbt_common.context import set_invocation_context
        from dbt_common.exceptions import DbtBaseException
    except ImportError as error:
        raise EngineError(
            "dbt is not installed: pip install -r requirements.txt (or make setup)."
        ) from error
    set_invocation_context(os.environ)
    set_from_args(Namespace(PROFILES_DIR=str(PROJECT), PROJECT_DIR=str(PROJECT)), None)
    try:
        credentials = load_profile(str(PROJECT), {}, target_override=target).credentials
    except DbtBaseException as error:
        if "Could not find adapter" in str(error):
            raise not_installed(target) from error
        raise EngineError(f"the target {target} of profiles.yml: {said(error)}") from error
    connection = Connection(credentials.type, "pingtop", credentials)
    try:
        # a path in the profile counts from the project's root, as it does for dbt
        with chdir(PROJECT):
            get_adapter_class_by_name(credentials.type).ConnectionManager.open(connection)
            return Opened(credentials, connection.handle)
    except DbtBaseException as error:
        raise EngineError(f"{target} cannot be reached: {said(error)}") from error


def said(error: BaseException) -> str:
    """The sentence in an error of dbt, below the kinds of error that it is of."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.endswith(" Error")]
    return f"{told[0].rstrip('.')}." if told else "dbt said nothing."
