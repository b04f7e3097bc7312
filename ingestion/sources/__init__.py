"""Which places do documents come from besides the corpus folder, and how is each opened?

A place is a `Source`: it lists its files without reading them, and reads one at a time. `folder.py` is the corpus
folder, `website.py` a website, `remote.py` any address that fsspec opens; `trust.toml` names the last two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ingestion.model import RawFile, SourceFile, SourceRecord, Trust

PREFIX = "STAFFROOM_SOURCE_"
"""`STAFFROOM_SOURCE_<NAME>_<OPTION>` is what a source signs in with: it is never written in trust.toml."""

ALLOW_PRIVATE_ADDRESSES = "STAFFROOM_ALLOW_PRIVATE_ADDRESSES"


class Source(Protocol):
    """A place that documents come from."""

    @property
    def name(self) -> str:
        """`model.CORPUS` for the corpus folder, else the name in `trust.toml`: every path it lists begins with it."""

    @property
    def identity(self) -> str:
        """Tells it from another place, also after a restart: a folder's path, a website's start addresses."""

    def files(self) -> Sequence[SourceFile]:
        """Every file, unread, sorted by path, each once. Raises SourceDown where the place does not answer, and
        CorpusError where it is the corpus folder itself that cannot be listed."""

    def read(self, file: SourceFile) -> RawFile:
        """One of the files that `files` listed last. Raises DocumentNotRead where that one cannot be had, SourceDown
        where the whole place went away."""


def open_sources(
    trust: Trust,
    *,
    cache: Path,
    environment: Mapping[str, str],
    on_listed: Callable[[str, int], None] = lambda source, files: None,
) -> list[Source]:
    """The sources that `trust.toml` names, in its order; none is asked anything before its `files()` is called.

    `cache` is a folder of Staffroom's own: what was downloaded stays there, so that an unchanged page is not sent
    again. `environment` holds the credentials. `on_listed` hears, while a source is listed, its name and how many files
    it has so far: a website takes a second a page.
    """
    names = [record.name for record in trust.sources]
    sources: list[Source] = []
    for record in trust.sources:
        options = _options(record, environment, names)
        folder = cache / record.name
        if record.address is None:
            sources.append(_website(record, options, folder, environment, on_listed))
        else:
            sources.append(_remote(record, options, folder, trust, on_listed))
    return sources


def _website(
    record: SourceRecord,
    options: Mapping[str, str],
    cache: Path,
    environment: Mapping[str, str],
    on_listed: Callable[[str, int], None],
) -> Source:
    from ingestion.sources.website import WebsiteSource  # only a trust with a website pays for its libraries

    return WebsiteSource(
        record,
        cache=cache,
        credentials=options,
        allow_private_addresses=environment.get(ALLOW_PRIVATE_ADDRESSES) == "1",
        on_listed=on_listed,
    )


def _remote(
    record: SourceRecord,
    options: Mapping[str, str],
    cache: Path,
    trust: Trust,
    on_listed: Callable[[str, int], None],
) -> Source:
    from ingestion.sources.remote import RemoteSource

    return RemoteSource(record, trust=trust, cache=cache, options=options, on_listed=on_listed)


def _options(record: SourceRecord, environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What the environment states for one source, by lower-case option. A variable that two names fit
    (`…_HANDBOOKS_OLD_KEY`, of `handbooks` and of `handbooks-old`) is the longer name's."""
    prefix = _prefix(record.name)
    longer = [_prefix(name) for name in names if len(name) > len(record.name)]
    return {
        variable.removeprefix(prefix).lower(): value
        for variable, value in environment.items()
        if variable.startswith(prefix) and len(variable) > len(prefix) and value
        if not any(variable.startswith(other) for other in longer)
    }


def _prefix(name: str) -> str:
    return f"{PREFIX}{name.upper().replace('-', '_')}_"
