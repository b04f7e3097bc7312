"""Is there room on the disk to go on? A refresh stops before the disk is full, not after: on a full disk Chroma could
not even be opened to be read (chromadb 1.5.9 writes to its folder when it opens it)."""

import shutil
from pathlib import Path

from ingestion.errors import IndexUnavailable

RESERVE_BYTES = 50 << 20


def need_room(folder: Path) -> None:
    """Raises IndexUnavailable where less than `RESERVE_BYTES` are free on the disk of a folder; cheap to call often."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < RESERVE_BYTES:
        raise IndexUnavailable(
            f"The disk of {folder} is full but for {free >> 20} MB: free some room and run `staffroom refresh` again. "
            "What staff see has not changed."
        )
