"""What is asked and answered, by HTTP and by AWS Lambda alike: the same checks and replies."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from pingtop_serving.answer import Answer
from pingtop_serving.errors import (
    BadRequestError,
    EmptyStoreError,
    ServingError,
    TooLargeError,
)
from pingtop_serving.event_log import utc_now
from pingtop_serving.events import unpack_event
from pingtop_serving.posted import LONGEST_ID, read_events, shown, text_problem
from pingtop_serving.recommend import LONGEST_LIST, checked_user, read_manifest, recommend

DEFAULT_K = 10
WORDS = ("arm", "country", "region")  # what a request may say beside the user
RETRY_SECONDS = 5  # after which a store that is down may be asked again

EMPTY = "There is nothing to serve yet: nothing was exported into the store."
DOWN = "The store does not answer: ask again later."


class Log(Protocol):
    """Where posted events are kept for the warehouse."""

    def append(self, lines: Sequence[bytes]) -> None:
        """All lines, or an error."""


@dataclass(frozen=True)
class Reply:
    """What a request is answered with."""

    status: int
    body: Mapping[str, Any]
    # for logs and metrics: counts and names of ours, nothing of the user
    facts: Mapping[str, Any] = field(default_factory=dict)
    # of the user: logged only where that was asked for
    user_data: Mapping[str, Any] = field(default_factory=dict)
    fault: BaseException | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Beside the type of the body."""
        found = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        if self.status == 503:
            found["retry-after"] = str(RETRY_SECONDS)
        if self.status == 401:
            found["www-authenticate"] = "Bearer"
        return found


def refusal(status: int, sentence: str, **facts: Any) -> Reply:  # noqa: ANN401
    """A request that is not answered, and why."""
    return Reply(status, {"error": sentence}, facts)


def replied(work: Callable[[], Reply]) -> Reply:
    """The reply, also where there is none: every error has its status and one sentence."""
    try:
        return work()
    except BadRequestError as error:
        status = 413 if isinstance(error, TooLargeError) else 400
        return refusal(status, str(error), problem=type(error).__name__)
    except ServingError as error:
        # what it says, such as the store's address, is for the log
        sentence = EMPTY if isinstance(error, EmptyStoreError) else DOWN
        return refusal(503, sentence, problem=type(error).__name__, says=str(error))
    except Exception as error:
        sentence = "The request could not be answered: this is a fault of the server's."
        return Reply(500, {"error": sentence}, {"problem": type(error).__name__}, fault=error)


@dataclass(frozen=True)
class Service:
    """A store with all that a request needs beside it."""

    store: Any
    token: str | None = None
    event_log: Log | None = None
    clock: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        """A header has no place for every token."""
        if self.token is not None and not re.fullmatch(r"[!-~]+", self.token):
            raise BadRequestError("The token must be of visible ASCII characters, without blanks.")

    def refused(self, authorization: str | None) -> Reply | None:
        """The reply to who does not bring the token, where there is one."""
        if self.token is None:
            return None
        scheme, _, given = (authorization or "").partition(" ")
        # in constant time, so that a guess cannot be made better letter by letter
        good = hmac.compare_digest(
            given.strip().encode(errors="surrogateescape"), self.token.encode()
        )
        if good and scheme.lower() == "bearer":
            return None
        return refusal(401, "Send the token as 'Authorization: Bearer …'.", problem="NoToken")

    def recommendations(self, user_id: str, query: Mapping[str, str]) -> Reply:
        """The list of a user; events that were posted since the build count."""
        user_id = checked_user(read_text("The user id", user_id))
        k = read_k(query.get("k"))
        words = {name: read_text(f"The {name}", query[name]) for name in WORDS if query.get(name)}
        posted = [unpack_event(user_id, data) for data in self.store.events(user_id)]
        answer = recommend(self.store, user_id, k, events=posted, **words)
        facts = {
            "generation": answer.generation,
            "strategy": answer.strategy,
            "arm": answer.arm,
            "places": len(answer.recommendations),
            "new_events": len(posted),
        }
        return Reply(200, answer_body(answer), facts, {"user_id": user_id})

    def events(self, body: bytes, content_type: str | None) -> Reply:
        """Keep events: for the next build where there is a log, and for the next request."""
        # what a page of another site may send without asking is not taken
        if (content_type or "").partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "Send the events as content-type application/json.", problem="Type")
        posted = read_events(body)
        if self.event_log is not None and posted.rows:
            # before the store is asked: what was logged is not lost where that is down
            try:
                self.event_log.append(posted.lines(self.clock()))
            except OSError as error:
                kind = type(error).__name__
                return refusal(503, "The events could not be written to the log.", problem=kind)
        found = posted.sort(read_manifest(self.store.snapshot()).event_types)
        for user_id, events in found.kept.items():
            self.store.append_events(user_id, events)
        accepted = len(posted.rows) - len(found.rejected)
        body_of_reply = {
            "accepted": accepted,
            "rejected": [{"event": at, "reason": reason} for at, reason in found.rejected],
        }
        facts = {"events": accepted, "rejected_events": len(found.rejected)}
        return Reply(202, body_of_reply, facts, {"user_ids": list(found.kept)})

    def health(self) -> Reply:
        """Whether lists can be served, and of which generation."""
        generation = self.store.snapshot().generation
        return Reply(200, {"status": "ok", "generation": generation}, {"generation": generation})


def answer_body(answer: Answer) -> dict[str, Any]:
    """An answer as JSON has it: numbers are the warehouse's own, to the last digit."""
    return {
        "user_id": answer.user_id,
        "generation": answer.generation,
        "strategy": answer.strategy,
        "arm": answer.arm,
        "recommendations": [asdict(place) for place in answer.recommendations],
    }


# --- What a request says --------------------------------------------------------------------------


def user_of_path(encoded: bytes) -> str:
    """The user of a path that is percent-encoded still, behind /recommendations/."""
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise BadRequestError("The user id is no UTF-8: percent-encode its UTF-8 bytes.") from None


def read_k(given: str | None) -> int:
    """How many places are asked for."""
    if given is None:
        return DEFAULT_K
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= LONGEST_LIST:
        raise BadRequestError(
            f"k must be a whole number from 1 to {LONGEST_LIST}, but is {shown(given)}."
        )
    return int(given)


def read_text(name: str, given: str) -> str:
    """A text of a request: the user, an arm, a country or a region."""
    if len(given) > LONGEST_ID:
        raise BadRequestError(
            f"{name} has {len(given):,} characters, but may have at most {LONGEST_ID:,}."
        )
    problem = text_problem(given)
    if problem:
        raise BadRequestError(f"{name} {problem}.")
    return given
