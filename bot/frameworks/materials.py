"""Where in the course materials is a statement taken up: in which module and week?

Conservative: a passage of a course counts where it names the framework and the code together ("SECF 7.1, 7a"), or where
it has the statement's own words, as materials do that list what a week covers.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from bot.answering.units import sentence_spans
from bot.answering.words import content_words, stem
from bot.frameworks.names import names_of
from bot.model import Quotation
from ingestion.model import Block, Hit, IndexedPassage, Record, Slug

MOST = 3
SEARCHED = 20
"""Passages that are looked at for one statement: one that has its words stands high among them."""
SEARCHED_WORDS = 8
"""Words of a statement that are searched, the longest: they are the rarest mostly, and a search costs by the word."""
SAME_WORDS = 0.8
"""The share of a statement's words that a line must hold, and the other way round, to be that statement."""

_COURSE = re.compile(
    r"\b(?:week|module|session|block|unit|term|autumn|spring|summer|year)[ -]*(?:\d+|one|two|three|four|five|six)\b",
    re.IGNORECASE,
)
_OTHER_KINDS = frozenset({"framework", "policy", "behaviour", "values", "programme"})


class MaterialsIndex(Protocol):
    """The part of the index that course materials are found in."""

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]: ...


def materials_on(
    statements: Sequence[tuple[Record, IndexedPassage]],
    *,
    index: MaterialsIndex,
    schools: tuple[Slug, ...] = (),
    roles: Collection[str] = (),
    most: int = MOST,
) -> list[Quotation]:
    """The lines of course materials that take up these statements, the likeliest first, one a place in a course."""
    each = max(1, most // max(1, len(statements)))
    found: dict[str, Quotation] = {}
    for record, _ in statements:
        of_this = 0
        for quotation in _lines_on(record, index, schools, roles):
            place = course_place(quotation.found)
            if len(found) == most or of_this == each:
                break
            if place not in found:
                found[place] = quotation
                of_this += 1
    return list(found.values())


def course_place(found: IndexedPassage) -> str:
    """Where in a course a passage stands, as its title, its headings or else its folders say: "ECT handbook, Week 2:
    entry". "" for what is no part of a course."""
    headings = [heading for heading in found.passage.heading if _COURSE.search(heading)]
    if headings:
        return f"{found.version.title}, {headings[-1]}"
    if _COURSE.search(found.version.title):
        return found.version.title
    folders = [_readable(part) for part in found.version.path.rsplit(".", 1)[0].split("/")[-2:]]
    return ", ".join(folders) if any(_COURSE.search(part) for part in folders) else ""


def _lines_on(
    record: Record, index: MaterialsIndex, schools: tuple[Slug, ...], roles: Collection[str]
) -> Iterator[Quotation]:
    """First those that name the code, then those that have the statement's words."""
    code, text = str(record.fields["code"]), str(record.fields["text"])
    names = names_of(str(record.fields["framework"]))
    shorts = sorted(name for name in names if " " not in name)
    by_code = [f"{short} {code}" for short in shorts] if code else []
    naming = _naming(code, names)
    for query in by_code:
        for found in _course_passages(index.matching(query, schools=schools, limit=SEARCHED, roles=roles)):
            yield from (_quote(found, *line) for line in _lines(found) if naming.search(line[1]))
    longest = sorted(content_words(text), key=len, reverse=True)[:SEARCHED_WORDS]
    for found in _course_passages(index.matching(" ".join(longest), schools=schools, limit=SEARCHED, roles=roles)):
        for block, words in _lines(found):
            plain = words.lower()
            # a look at the letters first: stemming every line of every passage took most of the time
            if 2 * sum(word[:-3] in plain for word in longest) >= len(longest) and _says_the_same(words, text):
                yield _quote(found, block, words)


def _course_passages(hits: Sequence[Hit]) -> Iterator[IndexedPassage]:
    for hit in hits:
        if hit.found.version.metadata.kind not in _OTHER_KINDS and course_place(hit.found):
            yield hit.found


def _lines(found: IndexedPassage) -> Iterator[tuple[Block, str]]:
    """The blocks of a passage, and of a paragraph of several sentences each sentence."""
    for block in found.passage.blocks:
        spans = list(sentence_spans(block.text))
        if block.kind == "paragraph" and len(spans) > 1:
            yield from ((block, block.text[start:end]) for start, end in spans)
        else:
            yield block, block.text


def _quote(found: IndexedPassage, block: Block, words: str) -> Quotation:
    is_row = block.kind == "table_row" and words == block.text
    return Quotation(found, words, str(block.locator), rows=(block.cells,) if is_row else ())


def _naming(code: str, names: Collection[str]) -> re.Pattern[str]:
    """What a line holds that names a framework and after it, among its codes, this one ("SECF 7.1, 7a and 4.9")."""
    codes = r"(?:\s*(?:[,;:&]|and)?\s*(?:[1-9]\.\d+|[1-9][a-z])(?!\w))*?"
    named = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{named}){codes}\s*(?:[,;:&]|and)?\s*{re.escape(code)}(?!\w|\.\d)", re.IGNORECASE)


def _says_the_same(words: str, text: str) -> bool:
    """Whether a line is a statement: nearly all words of either stand in the other."""
    said, wanted = _stems(words), _stems(text)
    shared = len(said & wanted)
    return bool(wanted) and shared >= SAME_WORDS * len(wanted) and shared >= SAME_WORDS * len(said)


def _stems(text: str) -> frozenset[str]:
    without_code = re.sub(r"^\W*[1-9](?:\.\d+|[a-z])\b\.?", "", text)
    return frozenset(stem(word) for word in content_words(without_code))


def _readable(part: str) -> str:
    return part.replace("_", " ").replace("-", " ").strip().capitalize()
