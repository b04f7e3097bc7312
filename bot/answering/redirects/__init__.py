"""Must a message be met with a written reply, before anything is searched?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.redirects.disclosure import reads_as_disclosure
from bot.model import RedirectCase, RedirectKind


@dataclass(frozen=True)
class Redirection:
    """Which family of replies, and which reply of it."""

    kind: RedirectKind
    case: RedirectCase | None = None


@dataclass(frozen=True)
class Redirects:
    """What tells the messages that a written reply meets; wired once, in `bot.app`."""

    def of(self, text: str, *, earlier: Sequence[str] = ()) -> Redirection | None:
        """The redirection of a message; None for one that is looked up. `earlier`: the asker's own messages that this
        one leans on, the latest first."""
        if any(reads_as_disclosure(said) for said in (text, *earlier)):
            return Redirection("safeguarding", "child")
        return None
