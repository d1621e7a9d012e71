"""What /openapi.json says of the routes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import PlainTextResponse

from pingtop_serving.posted import LONGEST_ID, LONGEST_TEXT, MOST_BYTES, MOST_EVENTS
from pingtop_serving.recommend import LONGEST_LIST
from pingtop_serving.service import DEFAULT_K

DESCRIPTION = "The lists that the warehouse made, with what has happened since."
NO_ROUTE = (
    "There is nothing here: ask for GET /recommendations/{user_id}, POST /events, GET /health, "
    "GET /metrics or GET /docs."
)
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Place(BaseModel):
    """One place of a list."""

    rank: int = Field(description="1 is the first.")
    ping_id: str
    score: float = Field(description="The sum of the parts.")
    popularity_part: float
    category_part: float
    creator_part: float
    freshness_part: float
    declared_part: float
    rerank_part: float
    reason: str = Field(description="Why, in words.")


class List(BaseModel):
    """A list, and where it comes from."""

    user_id: str
    generation: int = Field(description="Of the store: it grows with every export.")
    strategy: str = Field(description="default: of a user who has no list of their own.")
    arm: str | None = Field(description="Of the experiment, where there is one.")
    recommendations: list[Place]


class Rejected(BaseModel):
    """An event that the warehouse will reject."""

    event: int = Field(description="Its number in the call; 1 is the first.")
    reason: str


class Accepted(BaseModel):
    """What became of the events."""

    accepted: int = Field(description="How many count from the next request on.")
    rejected: list[Rejected]


class Health(BaseModel):
    """The state of the server."""

    status: str
    generation: int


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="One sentence.")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer instead."""
    described = {
        400: "The request cannot be answered as it is.",
        401: "The token is missing or wrong; only where the server has one.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        415: "The body has another type.",
        503: "The store is empty or does not answer, or the server is busy.",
    }
    return {status: {"model": Problem, "description": described[status]} for status in statuses}


def parameter(place: str, name: str, description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401
    """A parameter of a route; place: path or query."""
    kind = {"type": "string", "maxLength": LONGEST_ID} | schema
    return {
        "name": name, "in": place, "required": place == "path", "description": description,
        "schema": kind,
    }  # fmt: skip


LISTS: dict[str, Any] = {
    "summary": "The list of a user",
    "description": "Of a user who is not known, and of one without a list, the default list. "
    "Events that were posted since the last export count.",
    "response_description": "The list.",
    "responses": {200: {"model": List}, **responses(400, 401, 503)},
    "response_model": None,
    "openapi_extra": {
        "parameters": [
            parameter("path", "user_id", "Any text, percent-encoded.", minLength=1),
            parameter(
                "query", "k", "How many places.", type="integer", minimum=1, maximum=LONGEST_LIST,
                default=DEFAULT_K, maxLength=None,
            ),
            parameter("query", "arm", "Of the experiment, instead of the user's own."),
            parameter("query", "country", "Of a user who is not known."),
            parameter("query", "region", "Of a user who is not known."),
        ]
    },
}  # fmt: skip

ID = {"anyOf": [{"type": "string", "minLength": 1, "maxLength": LONGEST_ID}, {"type": "integer"}]}
TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
EVENT = {
    "type": "object",
    "required": ["user_id", "ping_id", "event_type", "event_timestamp"],
    "additionalProperties": False,
    "properties": {
        "user_id": ID,
        "ping_id": ID,
        "event_type": TEXT | {"description": "Such as view, like, hide."},
        "event_timestamp": {
            "anyOf": [TEXT, {"type": "number"}],
            "description": "UTC, or with an offset; a number is one since 1970.",
        },
        "watch_time_sec": {"type": ["number", "null"], "minimum": 0},
        "event_id": {"anyOf": [*ID["anyOf"], {"type": "null"}]},
    },
}
EXAMPLE = {
    "user_id": "u1",
    "ping_id": "p20",
    "event_type": "view",
    "event_timestamp": "2024-02-27T10:00:00Z",
    "watch_time_sec": 12.5,
}
EVENTS: dict[str, Any] = {
    "summary": "Keep events",
    "description": "A list of events in the raw contract, kept all or, where one is wrong, none. "
    f"At most {MOST_EVENTS:,} events and {MOST_BYTES:,} bytes. The same event twice is one.",
    "response_description": "They count from the next request on.",
    "status_code": 202,
    "responses": {202: {"model": Accepted}, **responses(400, 401, 408, 413, 415, 503)},
    "response_model": None,
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "array",
                        "maxItems": MOST_EVENTS,
                        "items": EVENT,
                        "example": [EXAMPLE],
                    }
                }
            },
        }
    },
}

HEALTH: dict[str, Any] = {
    "summary": "Whether lists can be served",
    "response_description": "They can.",
    "responses": {200: {"model": Health}, **responses(503)},
    "response_model": None,
}

METRICS: dict[str, Any] = {
    "summary": "Counts and times for Prometheus",
    "response_description": "Text, as Prometheus reads it.",
    "responses": responses(401),
    "response_class": PlainTextResponse,
    "response_model": None,
}
