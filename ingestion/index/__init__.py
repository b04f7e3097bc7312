"""The index: what is searched. `open_index` is the only door for readers; `writer.open_writer` is refresh's."""

from ingestion.index.reader import HeldEdition, Index, open_index
from ingestion.index.registry import PastRefresh

__all__ = ["HeldEdition", "Index", "PastRefresh", "open_index"]
