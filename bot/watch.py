"""How does the index follow the corpus by itself? `staffroom watch` refreshes when the folder changes.

A refresh that changes nothing is cheap, so it also simply runs one every so many minutes: other sources tell nobody.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from bot.administer import run_refresh
from bot.errors import StaffroomError
from bot.schedule import is_held
from bot.settings import Settings
from bot.terminal import print_report

SETTLE_MILLISECONDS = 2000
"""How long the folder must be quiet before a change is taken up: a copy of many files is one change."""


def watch_corpus(settings: Settings, *, every_minutes: float) -> None:
    """Refreshes now, whenever the corpus folder changes, and at least every so many minutes, until Ctrl-C.

    What cannot start (the folder is away, too many documents went) is said, and tried again at the next occasion.
    """
    from watchfiles import watch

    _refresh_and_tell(settings)
    while True:
        try:
            for _ in watch(
                settings.corpus,
                debounce=SETTLE_MILLISECONDS,
                rust_timeout=int(every_minutes * 60_000),
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                _refresh_and_tell(settings)
        except FileNotFoundError:
            _tell(f"The corpus folder {settings.corpus} is not there: looking again in {every_minutes:g} minutes.")
            if not _waited(every_minutes):
                return
            _refresh_and_tell(settings)
        else:
            return  # Ctrl-C


def _refresh_and_tell(settings: Settings) -> None:
    if is_held(settings):
        _tell("The last refresh was rolled back: run `staffroom refresh` once by hand to go on.")
        return
    try:
        report = run_refresh(settings, who="watch")
    except StaffroomError as error:
        _tell(str(error))
        return
    if report.added or report.changed or report.removed or report.is_partial:
        _tell("")
        print_report(report)


def _waited(minutes: float) -> bool:
    """Waits; False where Ctrl-C ended it."""
    try:
        time.sleep(minutes * 60)
    except KeyboardInterrupt:
        return False
    return True


def _tell(sentence: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC  {sentence}", file=sys.stderr, flush=True)
