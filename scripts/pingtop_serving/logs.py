"""Logs as one JSON object a line: what was asked, how it ended, how long it took.

Nothing of a user is in them (ids, addresses, what was sent) unless that is asked for, and never a
token: headers are not logged.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from pingtop_serving.service import Reply

LOGGER = logging.getLogger("pingtop_serving")
FRAMES = 3  # of a fault that are told, the innermost ones


class JsonLines(logging.Formatter):
    """One JSON object a record; what else was logged is its text."""

    def __init__(self, with_user_data: bool) -> None:
        """with_user_data: also what errors say, which may be of a user."""
        super().__init__()
        self.with_user_data = with_user_data

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        facts |= getattr(record, "facts", None) or {"event": "note", "text": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            facts |= fault(record.exc_info[1], self.with_user_data)
        return json.dumps(facts, separators=(",", ":"), default=str)


def fault(error: BaseException, with_user_data: bool) -> dict[str, Any]:
    """Where an error came from; what it says may be of a user."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    found: dict[str, Any] = {"fault": type(error).__name__, "places": places}
    return found | {"says": str(error)} if with_user_data else found


def log_to(stream: TextIO | None = None, *, with_user_data: bool = False) -> None:
    """Write the logs of this package and of uvicorn there, by default on the error stream."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(with_user_data))
    for name in ("pingtop_serving", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler] if name != "uvicorn.error" else []
        logger.setLevel(logging.INFO if name == "pingtop_serving" else logging.WARNING)
        logger.propagate = name == "uvicorn.error"


def note(event: str, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401
    """Log what happened to the server itself."""
    LOGGER.log(level, event, extra={"facts": {"event": event} | facts})


def log_request(
    method: str, route: str, reply: Reply, milliseconds: float, user_data: Mapping[str, Any] | None
) -> None:
    """Log a request. user_data: of it and of its reply, where that was asked for."""
    level = logging.INFO if reply.status < 500 else logging.ERROR
    if not LOGGER.isEnabledFor(level):
        return
    facts = {
        "event": "request",
        "method": method,
        "route": route,
        "status": reply.status,
        "milliseconds": round(milliseconds, 2),
        **reply.facts,
    }
    if user_data is not None:
        facts |= reply.user_data | user_data
        if reply.status >= 400:
            facts["error"] = reply.body.get("error")
    told = (type(reply.fault), reply.fault, reply.fault.__traceback__) if reply.fault else None
    LOGGER.log(level, "request", extra={"facts": facts}, exc_info=told)
