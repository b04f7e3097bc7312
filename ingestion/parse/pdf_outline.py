"""Under which headings do the pieces of a PDF stand?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingestion.contents import CONTENTS_HEADING, CONTENTS_LINE
from ingestion.parse.pdf_flow import COLUMN_HEADING, UNRANKED, Piece, Rows, Written
from ingestion.parse.pdf_layout import Line
from ingestion.parse.pdf_look import Look, joined
from ingestion.parse.reading import Outline
from ingestion.parse.text import item_of

_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})*")


def write_outline(outline: Outline, pieces: list[Written], body: Look) -> None:
    """Gather the pieces under their headings."""
    _confirm_numbered(pieces)
    levels = _levels(pieces)
    level = 0
    contents = False
    for piece in pieces:
        if isinstance(piece, Rows):
            outline.table(piece.rows, piece.locators, headers=piece.headers)
            continue
        text = piece.text or joined(piece.lines, body.words)
        if contents and CONTENTS_LINE.search(text):
            for entry in _entries(piece.lines):
                outline.add("list_item", joined(entry, body.words), piece.locator)
            continue
        contents = False
        if piece.level == COLUMN_HEADING:
            outline.heading(level + 1, text)
            continue
        if piece.level:
            contents = bool(CONTENTS_HEADING.fullmatch(text))
            level = levels[id(piece)]
            outline.heading(level, text)
            continue
        _, words = item_of(text)
        outline.add(piece.kind, words, piece.locator)


def _confirm_numbered(pieces: Sequence[Written]) -> None:
    """Make headings of numbered lines in plain type where the document has the number before or after as well: "5 Quay
    Street" alone is an address."""
    lines = [piece for piece in pieces if isinstance(piece, Piece)]
    numbers = {piece.may_head for piece in lines if piece.may_head}
    numbers |= {found[0] for piece in lines if piece.level and (found := _NUMBER.match(piece.lines[0].text))}
    for piece in lines:
        if piece.may_head:
            *above, last = piece.may_head.split(".")
            if any(".".join([*above, str(int(last) + step)]) in numbers for step in (-1, 1)):
                piece.level, piece.kind = UNRANKED, "paragraph"


def _entries(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of a contents list by entry: each ends with its page number."""
    entry: list[Line] = []
    for line in lines:
        entry.append(line)
        if CONTENTS_LINE.search(line.text.rstrip()):
            yield entry
            entry = []
    if entry:
        yield entry


def _levels(pieces: Sequence[Written]) -> dict[int, int]:
    """The level of each heading by the id of its piece: a bookmark's, else that of the bookmarked headings that look
    the same, else by rank of type, largest first; a number "5.2" goes one below "5" of the same type."""
    headings = [piece for piece in pieces if isinstance(piece, Piece) and piece.level and piece.level != COLUMN_HEADING]
    known: dict[tuple[float, bool], Counter[int]] = {}
    for piece in headings:
        if piece.level != UNRANKED:
            known.setdefault(_type_of(piece), Counter())[piece.level] += 1
    rank: dict[tuple[float, bool], int] = {}
    above = 0
    for look in sorted({_type_of(piece) for piece in headings}, reverse=True):
        above = known[look].most_common(1)[0][0] if look in known else above + 1
        rank[look] = above
    levels = {}
    for piece in headings:
        level = rank[_type_of(piece)] if piece.level == UNRANKED else piece.level
        number = re.match(r"\d{1,2}((?:\.\d{1,2})+)", piece.lines[0].text)
        if piece.level == UNRANKED and number and _mixes_depths(headings, _type_of(piece)):
            level += number[1].count(".")
        levels[id(piece)] = level
    return levels


def _mixes_depths(headings: Sequence[Piece], look: tuple[float, bool]) -> bool:
    """Whether headings of this type are numbered both "5" and "5.2"."""
    depths = {
        found[0].count(".")
        for piece in headings
        if _type_of(piece) == look and (found := _NUMBER.match(piece.lines[0].text))
    }
    return len(depths) > 1


def _type_of(piece: Piece) -> tuple[float, bool]:
    return round(piece.lines[0].size), piece.lines[0].is_bold
