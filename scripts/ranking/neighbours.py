"""The pings nearest to each user by the product of their vectors (FAISS).

A small catalogue is searched whole. A large one is divided into cells around centres, and only the
cells nearest to a user are: they are made in a fraction of the time that a graph (HNSW) takes, and
each build asks its index once for every user.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ranking.data import SEED, Skip

if TYPE_CHECKING:
    from faiss import Index

EXACT_PINGS = 50_000  # a catalogue up to this size is searched whole
CELLS = 1.0  # times the root of the number of pings
SEARCHED = 0.15  # share of the cells that are searched
MISSING = "faiss cannot be loaded: pip install -r requirements-retrieval.txt"


def faiss() -> ModuleType:
    """The library, on one thread: the same index twice. Raises Skip where it is not installed."""
    try:
        import faiss as library
    except (ImportError, OSError) as error:
        raise Skip(MISSING) from error
    library.omp_set_num_threads(1)
    return library


@dataclass(frozen=True)
class Neighbours:
    """An index of vectors by their keys, and how many there are."""

    index: Index
    size: int

    @staticmethod
    def of(
        keys: np.ndarray, vectors: np.ndarray, exact_pings: int = EXACT_PINGS,
        searched: float = SEARCHED,
    ) -> Neighbours:  # fmt: skip
        """An index of float32 vectors, searched whole where there are at most exact_pings."""
        library = faiss()
        vectors = np.ascontiguousarray(vectors, np.float32)
        whole = library.IndexFlatIP(vectors.shape[1])
        if len(keys) <= exact_pings:
            index = library.IndexIDMap(whole)
        else:
            cells = int(CELLS * np.sqrt(len(keys)))
            product = library.METRIC_INNER_PRODUCT
            index = library.IndexIVFFlat(whole, vectors.shape[1], cells, product)
            index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = SEED, 8, 64
            index.cp.min_points_per_centroid = 1
            index.train(vectors)
            index.nprobe = max(int(np.ceil(searched * cells)), 1)
        index.add_with_ids(vectors, keys.astype(np.int64))
        return Neighbours(index, len(keys))

    def search(self, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Keys and scores of each vector's nearest, a row each; -1 where there are fewer."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        scores, keys = self.index.search(vectors, min(count, self.size))
        return keys, scores

    def to_bytes(self) -> bytes:
        """What faiss.read_index reads; the ids of the vectors are ping keys."""
        return faiss().serialize_index(self.index).tobytes()
