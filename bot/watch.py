"""How does the index follow the corpus by itself? `staffroom watch` refreshes when the folder changes.

A refresh that changes nothing is cheap, so it also simply runs one every so many minutes: other sources tell nobody.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from bot.administer import run_refresh
from bot.errors import StaffroomError
from bot.logs import keep_details
from bot.settings import Settings
from bot.terminal import print_report

SETTLE_SECONDS = 1
"""How long no further file of the folder may change before a change is taken up: a copy of many files is one change."""

LONGEST_CHANGE_SECONDS = 60
"""After so long it is taken up although files still change."""

LOOK_SECONDS = 2
"""How often it is looked whether the folder is still the one that is watched. The system tells of changes in a folder,
whatever its name; not that another one has the name now, which another disk or a copy put in its place has."""


RETRY_SECONDS = 5
"""How long until a folder that cannot be watched (it is away, or the system watches too many) is tried again."""


def watch_corpus(settings: Settings, *, every_minutes: float) -> None:
    """Refreshes now, whenever the corpus folder changes or another takes its place, and at least every so many minutes,
    until Ctrl-C.

    What cannot start (the folder is away, too many documents went) or breaks is said, and tried again at the next
    occasion.
    """
    refreshed_at = -inf
    with suppress(KeyboardInterrupt):
        for may_differ in _wakings(settings.corpus):
            if may_differ or time.monotonic() - refreshed_at >= every_minutes * 60:
                _refresh_and_tell(settings)
                refreshed_at = time.monotonic()


def _wakings(folder: Path) -> Iterator[bool]:
    """Wakes every few seconds, each time with whether the folder may hold something else than before: it is watched
    anew, or something in it changed."""
    from watchfiles import watch

    folder = folder.absolute()  # as the paths of changes are
    is_told = False
    while True:
        try:
            watched = _identity(folder)
            is_new = True
            for changes in watch(
                folder,
                debounce=LONGEST_CHANGE_SECONDS * 1000,
                step=SETTLE_SECONDS * 1000,
                rust_timeout=LOOK_SECONDS * 1000,
                yield_on_timeout=True,
            ):
                yield is_new or bool(changes)
                is_new = is_told = False
                # a folder that was removed and made again may have the same number
                went = any(path == str(folder) for _, path in changes)
                if went or _identity(folder) != watched:
                    break
        except (OSError, RuntimeError) as error:  # watchfiles has an error of its own under RuntimeError
            if not is_told:
                reason = getattr(error, "strerror", None) or error
                _tell(f"The corpus folder {folder} cannot be watched ({reason}): trying again every {RETRY_SECONDS} s.")
            is_told = True
            yield False
            time.sleep(RETRY_SECONDS)


def _identity(folder: Path) -> tuple[int, int]:
    """What tells the folder from another of the same name."""
    found = folder.stat()
    return found.st_dev, found.st_ino


def _refresh_and_tell(settings: Settings) -> None:
    try:
        report = run_refresh(settings, who="watch", by_itself=True)
    except StaffroomError as error:
        _tell(str(error))
        return
    except Exception as error:  # a bug, or what no refresh can help: the next one may do better
        _tell(
            f"Staffroom met an error it does not know ({type(error).__name__}), and goes on watching. "
            f"The details are in {keep_details(error)}."
        )
        return
    documents = (*report.added, *report.changed, *report.removed, *report.starts, *report.ends)
    if documents or report.trust_changed or report.is_partial:
        _tell("")
        print_report(report)


def _tell(sentence: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC  {sentence}", file=sys.stderr, flush=True)
