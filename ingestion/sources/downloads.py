"""What was downloaded from a website, kept on disk from one refresh to the next.

A body is named by its digest and what is known of an address stands beside it, each written whole or not at all: a
process killed at any moment loses a download, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from ingestion.sources.fetch import PART_PREFIX

LAYOUT = 1
"""Raise it when more is read from a page than before, or otherwise: what is known then counts for nothing."""
KEPT_SECONDS = 24 * 60 * 60
"""A body that no page has any more stays so long: another process may have listed it, and be about to read it."""


@dataclass(frozen=True)
class KnownPage:
    """An address as it last answered well: with a body, or with the address it moved to."""

    address: str
    moved_to: str | None = None
    digest: str = ""
    size_bytes: int = 0
    suffix: str | None = None
    """The ending of its format; None for what is no document."""
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    links: tuple[str, ...] = ()
    canonical: str | None = None
    may_be_indexed: bool = True


class Downloads:
    """The folder in which one website's downloads are kept."""

    def __init__(self, folder: Path) -> None:
        self.bodies = folder / "bodies"
        self._pages = folder / f"pages-{LAYOUT}"

    def page(self, address: str) -> KnownPage | None:
        """What is known of an address; None where it is not known, or its body is not there any more."""
        try:
            stated = json.loads(self._page_file(address).read_bytes())
            page = KnownPage(**{**stated, "links": tuple(stated["links"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None  # never kept, or kept by another version of Staffroom: it is downloaded again
        has_body = page.moved_to is not None or self.body(page.digest).is_file()
        return page if page.address == address and has_body else None

    def keep(self, page: KnownPage) -> None:
        """Raises OSError where it cannot be written."""
        self._pages.mkdir(parents=True, exist_ok=True)
        file = self._page_file(page.address)
        part = file.with_name(f"{PART_PREFIX}{uuid.uuid4().hex}")
        part.write_text(json.dumps(asdict(page)), encoding="utf-8")
        os.replace(part, file)

    def body(self, digest: str) -> Path:
        return self.bodies / digest

    def tidy(self, kept: Collection[KnownPage]) -> None:
        """Remove what no page of `kept` needs."""
        needed = {self._page_file(page.address).name for page in kept} | {page.digest for page in kept}
        old = time.time() - KEPT_SECONDS
        for file in (*self._pages.glob("*"), *self.bodies.glob("*")):
            with contextlib.suppress(OSError):  # another process may be tidying too, and nothing depends on it
                if file.name not in needed and (file.suffix == ".json" or file.stat().st_mtime < old):
                    file.unlink()

    def _page_file(self, address: str) -> Path:
        return self._pages / f"{hashlib.sha256(address.encode()).hexdigest()[:40]}.json"
