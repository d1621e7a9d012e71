"""What is asked and answered, whether by HTTP or by AWS Lambda: the same checks, the same replies."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from pingtop_serving.answer import Answer
from pingtop_serving.errors import BadRequestError, ServingError, TooLargeError
from pingtop_serving.event_log import utc_now
from pingtop_serving.posted import LONGEST_ID, MOST_EVENTS, read_events, shown, text_problem

DEFAULT_K, MOST_K = 10, 200
WORDS = ("arm", "country", "region")  # what a request may say beside the user
RETRY_SECONDS = 5  # after which a store that is down may be asked again


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
        return refusal(503, str(error), problem=type(error).__name__)
    except Exception as error:  # noqa: BLE001
        sentence = "the request could not be answered: this is a fault of the server's."
        return Reply(500, {"error": sentence}, {"problem": type(error).__name__}, fault=error)


@dataclass(frozen=True)
class Service:
    """A store with all that a request needs beside it."""

    store: Any
    token: str | None = None
    event_log: Log | None = None
    clock: Callable[[], datetime] = utc_now

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
        return refusal(401, "send the token as 'Authorization: Bearer …'.", problem="NoToken")

    def recommendations(self, user_id: str, query: Mapping[str, str]) -> Reply:
        """The list of a user; events that were posted since the build count."""
        check_user(user_id)
        k = read_k(query.get("k"))
        words = {name: read_word(name, query[name]) for name in WORDS if query.get(name)}
        answer = listed(self.store, user_id, k, words)
        facts = {
            "generation": answer.generation,
            "strategy": answer.strategy,
            "arm": answer.arm,
            "places": len(answer.recommendations),
        }
        return Reply(200, answer_body(answer), facts, {"user_id": user_id})

    def events(self, body: bytes, content_type: str | None) -> Reply:
        """Keep events: for the next build where there is a log, and for the next request."""
        # what a page of another site may send without asking is not taken
        if (content_type or "").partition(";")[0].strip().lower() != "application/json":
            return refusal(415, "send the events as content-type application/json.")
        posted = read_events(body)
        users = posted.by_user()
        if self.event_log is not None and posted.events:
            try:
                self.event_log.append(posted.lines(self.clock()))
            except OSError as error:
                return refusal(
                    503, "the events could not be written to the log.", problem=type(error).__name__
                )
        for user_id, events in users.items():
            self.store.append_events(user_id, events)
        count = len(posted.events)
        return Reply(202, {"accepted": count}, {"events": count}, {"user_ids": list(users)})

    def health(self) -> Reply:
        """Whether lists can be served, and of which generation."""
        generation = self.store.snapshot().generation
        return Reply(200, {"status": "ok", "generation": generation}, {"generation": generation})


def listed(store: Any, user_id: str, k: int, words: Mapping[str, str]) -> Answer:  # noqa: ANN401
    """The list as the store has it by now."""
    from pingtop_serving.recommend import recommend

    return recommend(store, user_id, k, events=store.events(user_id), **words)


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
        raise BadRequestError(
            "the user id is no UTF-8: encode its bytes in percent signs as UTF-8."
        ) from None


def check_user(user_id: str) -> None:
    """Refuse an id that no user can have."""
    if not user_id:
        raise BadRequestError("the user id is empty: ask for /recommendations/ and a user id.")
    if len(user_id) > LONGEST_ID:
        raise BadRequestError(
            f"the user id has {len(user_id):,} characters, but may have at most {LONGEST_ID:,}."
        )
    problem = text_problem(user_id)
    if problem:
        raise BadRequestError(f"the user id {problem}.")


def read_k(given: str | None) -> int:
    """How many places are asked for."""
    if given is None:
        return DEFAULT_K
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= MOST_K:
        raise BadRequestError(
            f"k must be a whole number from 1 to {MOST_K}, but is {shown(given)}."
        )
    return int(given)


def read_word(name: str, given: str) -> str:
    """An arm, a country or a region."""
    if len(given) > LONGEST_ID:
        raise BadRequestError(
            f"{name} has {len(given):,} characters, but may have at most {LONGEST_ID:,}."
        )
    problem = text_problem(given)
    if problem:
        raise BadRequestError(f"{name} {problem}.")
    return given


__all__ = ["DEFAULT_K", "MOST_EVENTS", "MOST_K", "Reply", "Service", "refusal", "replied"]
