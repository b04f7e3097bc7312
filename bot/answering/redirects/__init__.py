"""Must a message be met with a written reply, before anything is searched?

With a reader (`reading.TrainedReader`), what a message means to do is read by trained weights, and the rules over plain
words make it surer. Without one the rules stand alone: they know plain, unmistakable sentences and few others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.answering.redirects.disclosure import case_in_plain_words, reads_as_disclosure
from bot.answering.redirects.ordinary import asks_in_general, is_bare
from bot.answering.redirects.reading import (
    OUT_OF_SCOPE,
    PERSONAL_DATA,
    SAFEGUARDING,
    Logits,
    MessageReader,
    likeliest,
    other_score,
    safeguarding_score,
)
from bot.model import RedirectCase, RedirectKind

SAFEGUARDING_FROM = -1.5
"""A safeguarding score from here on gets the safeguarding reply: below even, since a reply that was not needed
costs ten seconds. Chosen on an author who was left out of training: 97.6 % of that author's disclosures, half of them
only hinted at, are noticed, and 3.5 % of look-alikes taken (docs/safeguarding.md)."""

PLAIN_WORDS_COUNT = 1.0
"""What the rules' yes adds to the score."""

IN_GENERAL_FROM = 1.0
"""The safeguarding score that a short question put in general must reach, whose plain words raise no alarm."""

WHEN_BARE_FROM = 4.0
"""The other score that a few words must reach of which none is one that such requests have."""

OTHER_FROM = 0.5
"""A personal-data or out-of-scope score from here on gets its reply: above even, since a question that is turned away
wrongly is a colleague without an answer. Of the left-out author's 320 look-alikes one is."""

SURE_OF_CASE = 0.3
"""Of a safeguarding message, the share of its likeliest case from which that case's reply is given; else the one about
a child, which is right for most."""

WINDOW_CHARACTERS, STEP_CHARACTERS = 320, 200
"""A long message is read in overlapping windows, and the most alarming counts."""


@dataclass(frozen=True)
class Redirection:
    """Which family of replies, and which reply of it."""

    kind: RedirectKind
    case: RedirectCase | None = None


@dataclass(frozen=True)
class Redirects:
    """What tells the messages that a written reply meets; wired once, in `bot.app`."""

    reader: MessageReader | None = None

    def of(self, text: str, *, earlier: Sequence[str] = (), in_trust: bool = True) -> Redirection | None:
        """The redirection of a message; None for one that is looked up. `earlier`: the asker's own messages that this
        one leans on, the latest first: a question that leans on a disclosure is one.

        `in_trust` False: of a corpus without schools little can be said of what is out of its scope, and whose records
        are meant; a message must ask for such things more plainly.
        """
        read = self._read(text)
        if case := self._safeguarding_case(text, read):
            return Redirection("safeguarding", case)
        for said in earlier:
            if case := self._safeguarding_case(said, self._read(said)):
                return Redirection("safeguarding", case)
        return self._other(text, read, least=OTHER_FROM if in_trust else WHEN_BARE_FROM)

    def _read(self, text: str) -> list[Logits]:
        """What the reader makes of each window; [] without a reader or without words."""
        if self.reader is None or not re.search(r"\w", text):
            return []
        return [self.reader.read(window) for window in windows_of(text)]

    def _safeguarding_case(self, text: str, read: Sequence[Logits]) -> RedirectCase | None:
        in_plain_words = reads_as_disclosure(text)
        if not read:
            return case_in_plain_words(text) if in_plain_words else None
        most = max(read, key=safeguarding_score)
        least = IN_GENERAL_FROM if not in_plain_words and asks_in_general(text) else SAFEGUARDING_FROM
        if safeguarding_score(most) + PLAIN_WORDS_COUNT * in_plain_words < least:
            return None
        case, share = likeliest(most, SAFEGUARDING)
        return case if share >= SURE_OF_CASE else "child"

    def _other(self, text: str, read: Sequence[Logits], *, least: float) -> Redirection | None:
        most = max(read, key=other_score, default=None)
        if most is None or other_score(most) < least:
            return None
        case, _ = likeliest(most, (*PERSONAL_DATA, *OUT_OF_SCOPE))
        kind: RedirectKind = "personal_data" if case in PERSONAL_DATA else "out_of_scope"
        if other_score(most) < WHEN_BARE_FROM and is_bare(text, kind):
            return None
        return Redirection(kind, case)


_VOCABULARY = re.compile(
    r"\b(?:safe ?guard\w*|child protection|child abuse|abus\w+|neglect|dd?sl|lado|mash|kcsie"
    r"|prevent (?:duty|lead|training)|radicali\w+|extremis\w+|fgm|self[ -]?harm\w*|suicid\w*|disclos\w+"
    r"|low[ -]level concerns?|allegations?|groom\w+|county lines|exploitation|nudes?|sexting|upskirt\w*"
    r"|harmful sexual|child[ -]on[ -]child|knife|knives|weapons?|missing child\w*|domestic (?:abuse|violence)"
    r"|forced marriage|honour[ -]based|social care|early help)\b",
    re.IGNORECASE,
)


def touches_safeguarding(text: str) -> bool:
    """Whether a question that is answered speaks of safeguarding, so that whom to ring belongs beneath the answer."""
    return bool(_VOCABULARY.search(text))


def windows_of(text: str) -> Iterator[str]:
    """The text, or overlapping parts of a long one, in order and to its very end; parts begin and end at words."""
    plain = " ".join(text.split())
    start = 0
    while len(plain) - start > WINDOW_CHARACTERS:
        end = plain.rfind(" ", start + STEP_CHARACTERS, start + WINDOW_CHARACTERS)
        yield plain[start : end if end > 0 else start + WINDOW_CHARACTERS]
        following = plain.rfind(" ", start, start + STEP_CHARACTERS)
        start = following + 1 if following > start else start + STEP_CHARACTERS
    yield plain[start:]
