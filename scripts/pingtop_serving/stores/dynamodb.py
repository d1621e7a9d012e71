"""A store in a table of DynamoDB: one item a record.

Region, keys and endpoint are those of the environment, as for every program of AWS. The state and
the lock are one item, so that the switch is one write that the lock decides. Everything is read
consistently: the copies that the cheaper reads may ask can be behind the switch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from pingtop_serving.errors import (
    EmptyStoreError,
    ServingError,
    StoreDownError,
    UnusableStoreError,
)
from pingtop_serving.stores.cells import HEAD_BYTES
from pingtop_serving.stores.store import (
    KEEP_EVENTS_SECONDS,
    MOST_EVENTS,
    State,
    Store,
    name_of_user,
)

KEY = "name"
RECORD, EVENTS, STATE = "record/", "events/", "state"
READ_AT_ONCE, WRITE_AT_ONCE = 100, 25  # of DynamoDB, a request
AT_A_TIME = 8  # requests
TRIES = 8
MOST_BYTES = 400_000  # of an item
REFUSALS = ("AccessDenied", "UnrecognizedClient", "InvalidSignature", "ExpiredToken", "Validation")
MISSING = "ResourceNotFoundException"
CONDITION = "ConditionalCheckFailedException"

Call = Callable[..., dict[str, Any]]


class DynamodbStore(Store):
    """A store in a table of DynamoDB."""

    batch_keys = WRITE_AT_ONCE * AT_A_TIME

    def __init__(self, table: str) -> None:
        """Name the table."""
        super().__init__(f"dynamodb://{table}")
        try:
            import boto3
            import botocore.config
            import botocore.exceptions
        except ImportError as error:
            raise UnusableStoreError(
                "dynamodb:// needs a package that is not installed: pip install -r "
                "requirements-serving.txt."
            ) from error
        self._table = table
        self._errors = botocore.exceptions
        with self._said():
            self._client = boto3.session.Session().client(
                "dynamodb",
                config=botocore.config.Config(
                    connect_timeout=2,
                    read_timeout=10,
                    retries={"mode": "standard", "max_attempts": 4},
                    max_pool_connections=2 * AT_A_TIME,
                ),
            )
        self._pool = ThreadPoolExecutor(AT_A_TIME)

    def _error(self, error: Exception) -> ServingError:
        said = str(error).strip().rstrip(".")
        if isinstance(error, self._errors.ClientError):
            code = error.response["Error"]["Code"]
            if code == MISSING:
                return EmptyStoreError(
                    f"nothing was exported into {self.name} yet: scripts/serve.py export --to "
                    f"{self.name}."
                )
            if code.startswith(REFUSALS):
                return UnusableStoreError(f"AWS refuses {self.name}: {said}.")
            return StoreDownError(f"{self.name} answers with an error: {said}.")
        if isinstance(error, (self._errors.HTTPClientError, self._errors.ConnectionError)):
            return StoreDownError(f"{self.name} does not answer: {said}.")
        return UnusableStoreError(
            f"{self.name} cannot be asked: {said} (AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID and "
            "others say where and who)."
        )

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (self._errors.BotoCoreError, self._errors.ClientError, ValueError) as error:
            raise self._error(error) from error

    # --- reading ---------------------------------------------------------------------------------

    def _item(self, name: str) -> dict[str, Any]:
        """An item; empty where there is none."""
        try:
            with self._said():
                found = self._client.get_item(
                    TableName=self._table, Key={KEY: {"S": name}}, ConsistentRead=True
                )
        except EmptyStoreError:  # no table yet
            return {}
        return found.get("Item", {})

    def read_state(self) -> bytes | None:
        """See Store."""
        return self._item(STATE).get("value", {}).get("B")

    def cells(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See Store."""
        names = [RECORD + key for key in dict.fromkeys(keys)]
        found = {}
        for items in self._in_parts(names, READ_AT_ONCE, self._get_some):
            for item in items:
                found[item[KEY]["S"][len(RECORD) :]] = item["cell"]["B"]
        return found

    def _in_parts(
        self, everything: Sequence[Any], size: int, work: Callable[[Sequence[Any]], Any]
    ) -> list[Any]:
        """What work makes of parts of a size, several at a time."""
        parts = [everything[at : at + size] for at in range(0, len(everything), size)]
        if len(parts) == 1:
            return [work(parts[0])]
        return list(self._pool.map(work, parts))

    def _get_some(self, names: Sequence[str]) -> list[dict[str, Any]]:
        asked = {
            self._table: {"Keys": [{KEY: {"S": name}} for name in names], "ConsistentRead": True}
        }
        items: list[dict[str, Any]] = []
        for attempt in range(TRIES):
            with self._said():
                answer = self._client.batch_get_item(RequestItems=asked)
            items += answer["Responses"].get(self._table, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                return items
            time.sleep(0.05 * 2**attempt)
        raise self._too_slow()

    def _too_slow(self) -> StoreDownError:
        return StoreDownError(
            f"{self.name} has not enough capacity: try again, or let it grow on demand."
        )

    def scan(self) -> Iterator[list[tuple[str, bytes]]]:
        """See Store. DynamoDB counts the whole items as read."""
        given: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "FilterExpression": "begins_with(#name, :record)",
            "ExpressionAttributeNames": {"#name": KEY},
            "ExpressionAttributeValues": {":record": {"S": RECORD}},
        }
        while True:
            with self._said():
                answer = self._client.scan(**given)
            yield [
                (item[KEY]["S"][len(RECORD) :], item["cell"]["B"][:HEAD_BYTES])
                for item in answer["Items"]
            ]
            if "LastEvaluatedKey" not in answer:
                return
            given["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # --- writing ---------------------------------------------------------------------------------

    def prepare(self) -> str | None:
        """See Store. The table is paid for by the request, and forgets events by itself."""
        try:
            with self._said():
                described = self._client.describe_table(TableName=self._table)["Table"]
        except EmptyStoreError:
            self._make_table()
            return f"made the table {self._table} of DynamoDB, paid for by the request"
        if described["KeySchema"] != [{"AttributeName": KEY, "KeyType": "HASH"}]:
            raise UnusableStoreError(
                f"the table {self._table} has another key than one of Pingtop's: name another "
                "table, which the export makes."
            )
        return None

    def _make_table(self) -> None:
        with self._said():
            self._client.create_table(
                TableName=self._table,
                AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
            )
            waiter = self._client.get_waiter("table_exists")
            waiter.wait(TableName=self._table, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
            self._client.update_time_to_live(
                TableName=self._table,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
            )

    def _update_state(self, condition: str, change: str, **values: dict[str, Any]) -> bool:
        """Change the item of state and lock, where a condition holds."""
        named = {"#until": "until"} if "#until" in condition + change else {}
        named |= {"#value": "value"} if "#value" in change else {}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={KEY: {"S": STATE}},
                ConditionExpression=condition,
                UpdateExpression=change,
                ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
                **({"ExpressionAttributeNames": named} if named else {}),
            )
        except self._errors.ClientError as error:
            if error.response["Error"]["Code"] == CONDITION:
                return False
            raise
        return True

    def acquire(self, holder: str, seconds: float) -> str | None:
        """See Store."""
        at = time.time()
        with self._said():
            done = self._update_state(
                "attribute_not_exists(holder) OR holder = :holder OR #until <= :at",
                "SET holder = :holder, #until = :until",
                holder={"S": holder},
                until={"N": repr(at + seconds)},
                at={"N": repr(at)},
            )
        return None if done else self._item(STATE).get("holder", {}).get("S", "? ?")

    def release(self, holder: str) -> None:
        """See Store."""
        with self._said():
            self._update_state("holder = :holder", "REMOVE holder, #until", holder={"S": holder})

    def put(
        self,
        holder: str,
        seconds: float,
        cells: Mapping[str, bytes | None],
        state: State | None = None,
    ) -> bool:
        """See Store. The lock is renewed first, and the records are written within its time."""
        at = time.time()
        given: dict[str, Any] = {"holder": {"S": holder}, "at": {"N": repr(at)}}
        given["until"] = {"N": repr(at + seconds)}
        change = "SET #until = :until"
        if state is not None:
            change += ", #value = :value"
            given["value"] = {"B": state.packed()}
        with self._said():
            if not self._update_state("holder = :holder AND #until > :at", change, **given):
                return False
        requests = [self._request(key, cell) for key, cell in cells.items()]
        self._in_parts(requests, WRITE_AT_ONCE, self._write_some)
        return True

    def _request(self, key: str, cell: bytes | None) -> dict[str, Any]:
        name = {KEY: {"S": RECORD + key}}
        if cell is None:
            return {"DeleteRequest": {"Key": name}}
        if len(cell) + len(key) > MOST_BYTES - 1_000:
            raise UnusableStoreError(
                f"the record {key[:60]} with its values of two generations has {len(cell):,} "
                f"bytes, and an item of DynamoDB has room for {MOST_BYTES:,}: use another store."
            )
        return {"PutRequest": {"Item": {**name, "cell": {"B": cell}}}}

    def _write_some(self, requests: Sequence[dict[str, Any]]) -> None:
        asked = {self._table: list(requests)}
        for attempt in range(TRIES):
            with self._said():
                answer = self._client.batch_write_item(RequestItems=asked)
            asked = answer.get("UnprocessedItems")
            if not asked:
                return
            time.sleep(0.05 * 2**attempt)
        raise self._too_slow()

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.shutdown()
        self._client.close()

    # --- posted events ---------------------------------------------------------------------------

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """See Store. Where two append at once, the second one reads again."""
        name = EVENTS + name_of_user(user_id)
        for attempt in range(TRIES):
            item = self._item(name)
            kept = _events(item) + [(time.time(), event) for event in events]
            changes = int(item.get("changes", {}).get("N", "0"))
            if self._put_events(name, kept[-MOST_EVENTS:], changes):
                return
            time.sleep(0.01 * 2**attempt)
        raise self._too_slow()

    def _put_events(self, name: str, kept: list[tuple[float, bytes]], changes: int) -> bool:
        """Write the events of a user, unless they were changed since."""
        listed = [{"L": [{"N": repr(at)}, {"B": event}]} for at, event in kept]
        try:
            with self._said():
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        KEY: {"S": name},
                        "events": {"L": listed},
                        "changes": {"N": str(changes + 1)},
                        "expires": {"N": str(int(time.time()) + KEEP_EVENTS_SECONDS)},
                    },
                    ConditionExpression="attribute_not_exists(changes) OR changes = :changes",
                    ExpressionAttributeValues={":changes": {"N": str(changes)}},
                )
        except StoreDownError as error:
            if CONDITION in str(error):
                return False
            raise
        return True

    def events(self, user_id: str) -> list[bytes]:
        """See Store."""
        return [event for _, event in _events(self._item(EVENTS + name_of_user(user_id)))]


def _events(item: dict[str, Any]) -> list[tuple[float, bytes]]:
    since = time.time() - KEEP_EVENTS_SECONDS
    pairs = [one["L"] for one in item.get("events", {}).get("L", [])]
    return [(float(at["N"]), event["B"]) for at, event in pairs if float(at["N"]) > since]
