"""What changed in a document? Two editions that the index holds, compared passage by passage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import LONDON, open_reading_index
from bot.errors import SettingsError
from bot.settings import Settings
from ingestion.compare import compare_editions
from ingestion.editions import Edition, edition_before
from ingestion.index import HeldEdition, Index
from ingestion.model import Passage, Version
from ingestion.sources.layout import path_in_corpus


def show_changes(settings: Settings, path: str, *, against: str | None = None) -> dict[str, Any]:
    """What changed in a document from the edition before: the object that `show --changes --json` prints.

    The edition before is the last one of the same path with other bytes, else the one of another path that this one
    replaced; or `against`. Both paths are relative to the corpus, or files. Raises SettingsError where one of the two
    is not to be had.
    """
    index = open_reading_index(settings, model=None)
    try:
        editions = _editions(index, settings.corpus, path)
        after = editions[0]
        if against is not None:
            before = _editions(index, settings.corpus, against)[0]
        else:
            before = _edition_before(index, editions)
        words = [_words_of(index, edition) for edition in (before, after)]
    finally:
        index.close()
    return {
        "before": _edition_as_json(before),
        "after": _edition_as_json(after),
        "passages": [
            {"change": one.change, "before": _passage_as_json(one.before), "after": _passage_as_json(one.after)}
            for one in compare_editions(*words)
        ],
    }


def _editions(index: Index, corpus: Path, path: str) -> Sequence[HeldEdition]:
    """The editions of a document, the latest first; at least one."""
    editions = index.editions_of(path_in_corpus(corpus, path)) or index.editions_of(path)
    if not editions:
        raise SettingsError(f"There is no document {path!r} in the index. Paths are relative to the corpus folder.")
    return editions


def _edition_before(index: Index, editions: Sequence[HeldEdition]) -> HeldEdition:
    """Of the same path, else of another; the same bytes read anew are no other edition."""
    latest = editions[0]
    for edition in editions:
        if edition.digest != latest.digest:
            return edition
    replaced = edition_before(_as_edition(latest.version), map(_as_edition, index.versions()))
    if replaced is None:
        raise SettingsError(
            f"The index holds one edition of {latest.version.path} and none before it: name the other document with "
            "--against."
        )
    return index.editions_of(replaced.path)[0]


def _as_edition(version: Version) -> Edition:
    return Edition(version.path, version.school, version.title, version.metadata)


def _words_of(index: Index, edition: HeldEdition) -> list[Passage]:
    words = index.words_of(edition)
    if words is None:
        path = edition.version.path
        raise SettingsError(
            f"{path} was removed, and its words are no longer kept: put the file back and run `staffroom refresh`."
            if edition.is_removed
            else f"The words of {path} as it was before are no longer kept: name another document with --against."
        )
    return words


def _edition_as_json(edition: HeldEdition) -> dict[str, Any]:
    """`status` is "replaced" or "removed" for an edition that is no longer the corpus's, since the day `retired_on`."""
    retired_on = None
    if edition.retired_at is not None:
        retired_on = datetime.fromisoformat(edition.retired_at).astimezone(LONDON).date().isoformat()
    gone = "removed" if edition.is_removed else "replaced"
    return {
        "path": edition.version.path,
        "title": edition.version.title,
        "version": edition.version.metadata.version,
        "status": edition.version.status if retired_on is None else gone,
        "retired_on": retired_on,
    }


def _passage_as_json(passage: Passage | None) -> dict[str, Any] | None:
    if passage is None:
        return None
    return {"heading": list(passage.heading), "locator": str(passage.locator), "text": passage.text}
