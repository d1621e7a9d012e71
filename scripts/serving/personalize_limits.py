"""What Amazon Personalize takes: its documented limits, fields and types.

Every number stands beside the page of the developer guide that names it (of a custom dataset
group). They change now and then: look there before a large import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GUIDE = "https://docs.aws.amazon.com/personalize/latest/dg/"
NAMESPACE = "com.amazonaws.personalize.schema"


@dataclass(frozen=True)
class Limit:
    """A limit, and the page of the guide that it is from."""

    value: int
    page: str

    @property
    def source(self) -> str:
        return GUIDE + self.page


LEAST_INTERACTIONS = Limit(1_000, "limits.html")  # different ones, to import and to train
LEAST_USERS = Limit(25, "limits.html")  # with so many interactions each:
LEAST_OF_A_USER = Limit(2, "limits.html")
LEAST_USERS_PERCENT = Limit(1, "limits.html")  # of all users, who have so many
MOST_TYPES_AND_COLUMNS = Limit(10, "limits.html")  # different event types + optional columns
MOST_BYTES = Limit(100 * 1000**3, "limits.html")  # of a file, imported whole (FULL)
MOST_TEXTUAL = Limit(1, "limits.html")  # textual columns of the items
LONGEST_ID = Limit(256, "limits.html")  # characters of USER_ID and ITEM_ID
LONGEST_CATEGORY = Limit(1_000, "limits.html")  # characters of categories and of IMPRESSION
LONGEST_STRING = Limit(1_000, "limits.html")  # characters of texts of items that are no category
LONGEST_TEXTUAL = Limit(20_000, "limits.html")  # 7,000 in Chinese and Japanese
LONGEST_EVENT_TYPE = Limit(256, "API_UBS_Event.html")
MOST_IMPRESSIONS = Limit(25, "API_UBS_Event.html")  # pings of one IMPRESSION
LONGEST_SCHEMA = Limit(20_000, "API_CreateSchema.html")  # characters

# "Creating schema JSON files": the Avro types that a field may have
TYPES = {"float", "double", "int", "long", "string", "boolean", "null"}


@dataclass(frozen=True)
class Dataset:
    """What the guide says of a dataset (custom-datasets-and-schemas.html).

    required, reserved: the types of a field; reserved ones need not be there. most_columns: of
    metadata, which is neither, by limits.html.
    """

    name: str
    required: dict[str, str]
    reserved: dict[str, tuple[str, ...]]
    most_columns: Limit
    least_columns: int
    key: str | None = None  # of what may be there once only (items-datasets.html)


INTERACTIONS = Dataset(
    "Interactions",
    {"USER_ID": "string", "ITEM_ID": "string", "TIMESTAMP": "long"},
    {
        "EVENT_TYPE": ("string",),
        "EVENT_VALUE": ("float", "null"),
        "IMPRESSION": ("string", "null"),
        "RECOMMENDATION_ID": ("string", "null"),
        "EVENT_ATTRIBUTION_SOURCE": ("string", "null"),
    },
    Limit(5, "limits.html"),
    0,
)
USERS = Dataset("Users", {"USER_ID": "string"}, {}, Limit(25, "limits.html"), 1, "USER_ID")
ITEMS = Dataset(
    "Items",
    {"ITEM_ID": "string"},
    {"CREATION_TIMESTAMP": ("long",)},
    Limit(100, "limits.html"),
    1,
    "ITEM_ID",
)
DATASETS = (INTERACTIONS, USERS, ITEMS)

# Names that are no values and no names of columns of one's own, in whatever dataset.
KEYWORDS = sorted({name for one in DATASETS for name in (*one.required, *one.reserved)})
IDS = ("USER_ID", "ITEM_ID")
MOMENTS = ("TIMESTAMP", "CREATION_TIMESTAMP")  # seconds since 1970 (preparing-training-data.html)
COUNTED = ("EVENT_TYPE", "EVENT_VALUE")  # reserved, but among MOST_TYPES_AND_COLUMNS

Field = dict[str, Any]


def schema_of(dataset: Dataset, fields: list[Field]) -> dict[str, Any]:
    """The schema of a dataset, as Avro has it."""
    return {
        "type": "record",
        "name": dataset.name,
        "namespace": NAMESPACE,
        "fields": fields,
        "version": "1.0",
    }
