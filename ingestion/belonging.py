"""Does a document stand in the folder of the school it is about?

A school's name in a text is weak evidence: it moves nothing, and only tells an admin where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ingestion.model import ParsedDocument, SchoolRecord, Trust

MAX_COVER_BLOCKS = 12
MAX_COVER_WORDS = 100
"""How far a cover reaches: what follows may well speak of the other schools."""

NOT_NAMES = frozenset({
    "primary", "secondary", "infant", "infants", "junior", "juniors", "nursery", "special", "high", "first", "middle",
    "upper", "lower", "grammar", "sixth", "form", "all-through", "school", "schools", "academy", "college", "centre",
    "the", "of", "and", "church", "st", "saint", "our", "c", "e", "ce", "rc", "community",
})  # fmt: skip
"""Words that no school is told by: an alias made of them alone ("the primary") is no name."""


def doubtful_home(document: ParsedDocument, trust: Trust) -> str | None:
    """A sentence where the cover of a school's document names another school of the trust and not its own, or the title
    of a document of the trust names exactly one school; else None. Whose the document is stays as its folder says."""
    if document.school is None:
        named = [school for school in trust.schools if _is_named(school, document.title)]
        if len(named) != 1:
            return None
        return (
            f"it stands among the trust’s documents and its title names {named[0].name}: "
            f"move it to schools/{named[0].slug} if it holds there alone"
        )
    own = trust.school(document.school)
    cover = "\n".join(_cover(document))
    if own is None or _is_mentioned(own, cover):
        return None
    others = [school for school in trust.schools if school is not own and _is_named_in_full(school, cover)]
    others = others or [school for school in trust.schools if school is not own and _is_named(school, document.title)]
    if len(others) != 1:
        return None
    return (
        f"it stands in schools/{own.slug} and its cover names only {others[0].name}: "
        f"move it to schools/{others[0].slug} if it is theirs"
    )


def _cover(document: ParsedDocument) -> Iterator[str]:
    """The title, the headings and blocks of the first hundred words."""
    yield document.title
    words = 0
    lines = (
        line for section in document.sections for line in (*section.heading[-1:], *(b.text for b in section.blocks))
    )
    for line in islice(lines, MAX_COVER_BLOCKS):
        words += len(line.split())
        if words > MAX_COVER_WORDS:
            return
        yield line


def _is_named_in_full(school: SchoolRecord, text: str) -> bool:
    return _stands(school.name, text, re.IGNORECASE)


def _is_named(school: SchoolRecord, text: str) -> bool:
    """By its full name, or by a short name of its own: one that has a word no other school's sort could have."""
    if _is_named_in_full(school, text):
        return True
    return any(_is_distinctive(alias) and _stands(alias, text) for alias in school.aliases)


def _is_mentioned(school: SchoolRecord, text: str) -> bool:
    """By any of its names, so that the doubt is raised only where there is none."""
    return any(_stands(name, text, re.IGNORECASE) for name in (school.name, *school.aliases))


def _is_distinctive(alias: str) -> bool:
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", alias)
    return any(word[0].isupper() and word.lower() not in NOT_NAMES for word in words)


def _stands(name: str, text: str, flags: int = 0) -> bool:
    """Whether the name stands in the text as words of its own, however it is spaced."""
    words = r"\s+".join(re.escape(word) for word in name.split())
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", text, flags) is not None
