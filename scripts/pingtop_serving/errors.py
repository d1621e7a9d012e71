"""What can go wrong when a list is served. Every message is a sentence: what, where, what to do."""

from __future__ import annotations


class ServingError(Exception):
    """A list cannot be served, through no fault of the request."""


class EmptyStoreError(ServingError):
    """Nothing was exported into the store yet."""


class StoreDownError(ServingError):
    """The store does not answer, or what it answers cannot be read."""


class BadRequestError(ValueError):
    """The request cannot be answered as it is."""


class TooLargeError(BadRequestError):
    """The request is larger than may be."""


class UnusableStoreError(ServingError):
    """The store cannot be used as it is: its address, the rights, a package, another version."""


class BusyStoreError(ServingError):
    """Another process writes into the store: later, the same may work."""


class GenerationGoneError(ServingError):
    """What a reader reads was removed meanwhile: it begins anew (Store.read does)."""
