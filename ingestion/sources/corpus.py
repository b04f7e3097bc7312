"""Where are all of a trust's documents: the corpus folder, and whatever else its `trust.toml` names?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ingestion.model import Trust
from ingestion.sources import Source, open_sources
from ingestion.sources.folder import FolderSource


class TrustCorpus:
    """The corpus folder and the sources that its `trust.toml` names. `cache` is a folder for what was fetched;
    `environment` holds the credentials."""

    def __init__(self, root: Path, *, cache: Path, environment: Mapping[str, str]) -> None:
        self.folder = FolderSource(root)
        self._cache = cache
        self._environment = environment

    def read_trust(self) -> Trust:
        """What `trust.toml` says; raises CorpusError where it cannot be used."""
        return self.folder.read_trust()

    def sources(self, trust: Trust) -> list[Source]:
        """The corpus folder first. What was fetched of a source that is no longer named is forgotten."""
        if self._cache.is_dir():
            for folder in set(os.listdir(self._cache)) - {source.name for source in trust.sources}:
                shutil.rmtree(self._cache / folder, ignore_errors=True)
        return [self.folder, *open_sources(trust, cache=self._cache, environment=self._environment)]
