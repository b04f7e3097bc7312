"""What does a cover sheet state, and where on it: in a table, a line, a sentence, what runs along the pages?

Every statement is kept with the place and the words it stands in. Which of them counts is the question of `settle`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from ingestion.metadata.kinds import OTHER_PAPERS, TELLS_OF_OTHERS
from ingestion.metadata.labels import DATES
from ingestion.metadata.lines import Line, read_line, read_lines
from ingestion.metadata.sentences import read_sentences
from ingestion.metadata.statements import CLOSING, MARGIN, MAX_LINE_LENGTH, STAMP, TEXT, TITLE, Statement
from ingestion.metadata.tables import read_tables
from ingestion.metadata.values import is_title, version_within
from ingestion.model import Block, Kind, Section

MAX_COVER_BLOCKS = 60
MAX_COVER_WORDS = 500
"""How far from its start a document is taken to speak of itself: a cover, a version table and a contents list."""
MAX_COVER_HEADINGS = 6
"""So many of the first headings may be lines of the cover that are set in bold."""
MAX_CLOSING_BLOCKS = 8
"""Blocks at the end, where short policies state their review date."""
CONTROL_HEADING = re.compile(
    r"\b(?:document|version|policy|revision|change|review|amendment)s?\s{1,3}"
    r"(?:control|history|information|details|log|record)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cover:
    """What a parser saw that tells what a document is, apart from its text.

    `titles`: candidates, best first. `margins`: the lines of page headers, footers and watermarks, each once.
    `kind` is set for records (statements, programmes), whose text speaks of other things than the document.
    """

    titles: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    kind: Kind | None = None


def read_cover(cover: Cover, sections: Sequence[Section]) -> list[Statement]:
    """Everything that is stated, the plainest places first: tables, lines, sentences, running lines, the title."""
    title = _title(cover, sections)
    spoken = [Statement("title", title, title, TITLE)] if title else []
    stamps = list(_stamps(cover, sections))
    if title and re.search(TELLS_OF_OTHERS, title.lower()):
        return spoken + stamps
    blocks = _cover_blocks(sections)
    found = [
        *_of_blocks(sections, blocks, title or "", headings=MAX_COVER_HEADINGS),
        *_of_closing(sections, blocks, title or ""),
        *_of_margins(cover.margins),
        *_of_titles(cover, sections),
    ]
    is_labelled = any(one.name == "title" for one in found)
    return [*found, *([] if is_labelled else spoken), *stamps]


# ── where a document speaks of itself ────────────────────────────────────────────────────────────────────────────────


def _cover_blocks(sections: Sequence[Section]) -> list[Block]:
    """The blocks in which a document speaks of itself: its first, and those of a "Document control" section."""
    found: list[Block] = []
    words = 0
    for block in islice((block for section in sections for block in section.blocks), MAX_COVER_BLOCKS):
        words += len(block.text.split())
        if words > MAX_COVER_WORDS:
            break
        found.append(block)
    first = set(map(id, found))
    for section in sections:
        if section.heading and CONTROL_HEADING.search(section.heading[-1][:MAX_LINE_LENGTH]):
            found += [block for block in section.blocks if id(block) not in first]
    return found


def _of_blocks(
    sections: Sequence[Section], blocks: Sequence[Block], title: str, *, headings: int = 0
) -> list[Statement]:
    lines = list(_lines(sections, blocks, headings=headings))
    return [*read_tables(blocks), *read_lines(lines), *_of_sentences(blocks, title)]


def _of_closing(sections: Sequence[Section], cover: Sequence[Block], title: str) -> list[Statement]:
    """What the last blocks state. A form to fill stands there as often ("Approved by: headteacher / line manager"), so
    only dates and versions count; and who approved it, where a date stands beside that."""
    seen = set(map(id, cover))
    blocks = [block for section in sections for block in section.blocks][-MAX_CLOSING_BLOCKS:]
    found = _of_blocks(sections, [block for block in blocks if id(block) not in seen], title)
    is_dated = any(one.name in ("approved_on", "review_due") for one in found)
    kept = {*DATES, "version", "review_cycle", *(["approved_by"] if is_dated else [])}
    return [replace(one, place=CLOSING) for one in found if one.name in kept]


def _lines(sections: Sequence[Section], blocks: Sequence[Block], *, headings: int) -> Iterator[Line | None]:
    """The lines of these blocks in reading order, with their headings and the document's first `headings` ones; None
    where a table or a gap parts them."""
    wanted = set(map(id, blocks))
    for number, section in enumerate(sections):
        inside = [block for block in section.blocks if id(block) in wanted]
        if section.heading and (inside or number < headings):
            yield Line(section.heading[-1], is_heading=True)
        for block in inside:
            yield None if block.cells else Line(block.text)
        if len(inside) < len(section.blocks):
            yield None


def _of_sentences(blocks: Sequence[Block], title: str) -> Iterator[Statement]:
    for block in blocks:
        if not block.cells:
            found = read_sentences(block.text, title=title)
            yield from (Statement(name, value, words, TEXT) for name, value, words in found)


# ── what runs along the pages ────────────────────────────────────────────────────────────────────────────────────────


def _of_margins(margins: Sequence[str]) -> Iterator[Statement]:
    for line in margins:
        text = _PAGE_NUMBER.sub("", line[:MAX_LINE_LENGTH])
        found = list(read_line(text, MARGIN))
        yield from found
        speaks_of_other = _POINTS_ELSEWHERE.search(text) or any(one.name == "version" for one in found)
        if not speaks_of_other and (version := version_within(text)):
            yield Statement("version", version, version, MARGIN)


_PAGE_NUMBER = re.compile(r"(?:\s[–—|-])?\s?\bpage\s\d{1,4}(?:\sof\s\d{1,4})?", re.IGNORECASE)
_POINTS_ELSEWHERE = re.compile(r"\b(?:see|replaced|replaces|superseded|supersedes|template|model)\b", re.IGNORECASE)


# ── titles and stamps ────────────────────────────────────────────────────────────────────────────────────────────────

_ORGANISATION = re.compile(
    r"\b(?:trust|schools?|academy|academies|federation|college|nursery|hub|council|partnership)\W*$", re.IGNORECASE
)
_PAPER = re.compile(r"\b(?:policy|procedures?|framework|statement|code|scheme|values|vision|charter)\b", re.IGNORECASE)
_NAMES_A_PAPER = re.compile(rf"{_PAPER.pattern}|{OTHER_PAPERS.pattern}", re.IGNORECASE)


def _title(cover: Cover, sections: Sequence[Section]) -> str | None:
    """The first of the parser's candidates that a person would put on a cover; where that is only whose the document
    is, the next one that names a paper."""
    candidates = [_without_draft(title) for title in cover.titles if is_title(title)]
    if candidates and _ORGANISATION.search(candidates[0]) and not _PAPER.search(candidates[0]):
        headings = [section.heading[-1] for section in sections[:4] if section.heading]
        lines = [block.text for section in sections[:1] for block in section.blocks[:4] if len(block.text) <= 80]
        others = [*candidates[1:], *headings, *lines]
        named = (one for one in others if is_title(one) and ":" not in one and _NAMES_A_PAPER.search(one))
        return next(named, candidates[0])
    return candidates[0] if candidates else None


def _without_draft(title: str) -> str:
    shorter = re.sub(r"^\W{0,5}DRAFT\W{1,5}|\W{1,5}DRAFT\W{0,5}$", "", " ".join(title.split()))
    return shorter or title


def _of_titles(cover: Cover, sections: Sequence[Section]) -> Iterator[Statement]:
    headings = [section.heading[-1] for section in sections[:2] if section.heading]
    for title in (*cover.titles[:1], *headings):
        if _PAPER.search(title[:MAX_LINE_LENGTH]) and (version := version_within(title)):
            yield Statement("version", version, version, TITLE)
            return


_STAMP = re.compile(r"^\W{0,5}(DRAFT|SUPERSEDED|WITHDRAWN)\b|\b(DRAFT|SUPERSEDED|WITHDRAWN)\W{0,5}$")
_STAMP_ALONE = re.compile(
    r"^\W{0,5}(draft|superseded|withdrawn)(?: (?:copy|document|policy|version|v?[\d.]{1,8})){0,3}\W{0,5}$",
    re.IGNORECASE,
)


def _stamps(cover: Cover, sections: Sequence[Section]) -> Iterator[Statement]:
    """A status stamped on the cover or across the pages: a line "DRAFT v0.3", a title that begins or ends with it."""
    headings = [section.heading[-1] for section in sections[:MAX_COVER_HEADINGS] if section.heading]
    lines = [block.text for block in _cover_blocks(sections) if not block.cells]
    for line in (*cover.titles[:2], *headings[:2], *lines[:12], *cover.margins):
        if len(line) <= 120 and (found := _STAMP_ALONE.match(line) or _STAMP.search(line)):
            word = next(filter(None, found.groups()))
            yield Statement("status", word.lower(), word, STAMP)
            return
