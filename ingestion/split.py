"""Into which passages does a document fall?

A passage is what is embedded, found and cited, so it must be understood alone: it stays within one section, carries
the heading path, keeps a list with the sentence that leads into it, and a table's rows with the table's header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil

from ingestion.contents import is_contents_list
from ingestion.model import Block, ParsedDocument, Passage, Section


def split_document(document: ParsedDocument, *, max_words: int = 170, min_words: int = 40) -> tuple[Passage, ...]:
    """The passages of a document in reading order; every block of it stands in at least one, none is empty.
    A contents list is left out: it would be found for every heading it names, and answers nothing.

    `max_words` of a passage's blocks: the embedding model reads 256 word pieces, about 1.3 a word, and the title and
    heading path come on top. Only a table's repeated header, or one sentence that is longer alone, may pass it.
    A section of fewer than `min_words` joins a neighbour under the same parent that is short too; their headings are
    then kept among the words.
    """
    told = [section for section in document.sections if not is_contents_list(section)]
    sections = _with_lone_headings(told or document.sections, title=document.title)
    pieces = [piece for section in sections for piece in _pieces(section, max_words=max_words)]
    joined = _joined(pieces, max_words=max_words, min_words=min_words)
    return tuple(Passage(number, piece.heading, piece.blocks) for number, piece in enumerate(joined))


# ── sections into pieces ─────────────────────────────────────────────────────────────────────────────────────────────


def _with_lone_headings(sections: Sequence[Section], *, title: str) -> Iterator[Section]:
    """The sections with blocks. A heading with nothing beneath it, not even another heading, becomes a paragraph before
    what follows it (at the end: after what precedes it); but for the title, which is embedded with every passage."""
    waiting: tuple[str, ...] = ()
    before: Section | None = None
    for number, section in enumerate(sections):
        if section.blocks:
            if before is not None:
                yield before
            lone = tuple(Block("paragraph", words, section.blocks[0].locator) for words in waiting)
            waiting = ()
            before = Section(section.heading, lone + section.blocks)
            continue
        following = sections[number + 1].heading if number + 1 < len(sections) else ()
        names_what_follows = following[: len(section.heading)] == section.heading
        if not names_what_follows and section.heading[-1].casefold() != title.casefold():
            waiting += section.heading[-1:]
    if before is not None:
        last = before.blocks[-1].locator
        yield Section(before.heading, before.blocks + tuple(Block("paragraph", words, last) for words in waiting))


def _pieces(section: Section, *, max_words: int) -> Iterator[Section]:
    """The section whole where it fits, else cut between blocks that need not stand together, into even parts."""
    total = _words(section.blocks)
    if total <= max_words:
        yield section
        return
    even = total / ceil(total / max_words)
    kept: list[Block] = []
    words = 0
    for group in _groups(section.blocks, max_words=max_words):
        added = _words(group)
        if kept and (words >= even or words + added > max_words):
            yield Section(section.heading, tuple(kept))
            kept, words = [], 0
        kept += group
        words += added
    if kept:
        yield Section(section.heading, tuple(kept))


def _groups(blocks: Sequence[Block], *, max_words: int) -> Iterator[tuple[Block, ...]]:
    """Runs of blocks that stand together, each of at most `max_words`: a lead-in with its list, a table's header with
    as many rows as fit, a paragraph, or the sentences of one that is too long."""
    start = 0
    while start < len(blocks):
        end = _end_of_run(blocks, start)
        run = blocks[start:end]
        yield from (_table_groups if run[0].cells else _list_groups)(run, max_words=max_words)
        start = end


def _end_of_run(blocks: Sequence[Block], start: int) -> int:
    """Where a table, or a list with its lead-in, that starts here ends; a plain paragraph stands alone."""
    end = start + 1
    if blocks[start].cells:
        while end < len(blocks) and blocks[end].cells and not _starts_table(blocks[end - 1], blocks[end]):
            end += 1
    elif blocks[start].kind == "list_item" or blocks[start].text.endswith(":"):
        while end < len(blocks) and blocks[end].kind == "list_item":
            end += 1
    return end


def _starts_table(before: Block, block: Block) -> bool:
    return block.kind == "table_header" and before.kind != "table_header"


def _table_groups(rows: Sequence[Block], *, max_words: int) -> Iterator[tuple[Block, ...]]:
    """The header with as many rows as fit, again and again. A row that is too long alone becomes paragraphs under
    the header: its cells apart, then their sentences."""
    headers = tuple(row for row in rows if row.kind == "table_header")
    body = [row for row in rows if row.kind != "table_header"]
    room = max(max_words - _words(headers), max_words // 2)
    kept: list[Block] = []
    words = 0
    for row in body:
        added = _words((row,))
        if added > room:
            if kept:
                yield (*headers, *kept)
                kept, words = [], 0
            cells = (replace(row, kind="paragraph", text=cell, cells=()) for cell in row.cells if cell)
            first, *others = [part for cell in cells for part in _sentences(cell, max_words=room)]
            yield (*headers, first)
            yield from ((part,) for part in others)
            continue
        if kept and words + added > room:
            yield (*headers, *kept)
            kept, words = [], 0
            # Repeated, the header stands for these rows' page, and not for the one it was printed on.
            headers = tuple(replace(header, locator=row.locator) for header in headers)
        kept.append(row)
        words += added
    if kept or not body:
        yield (*headers, *kept)


def _list_groups(blocks: Sequence[Block], *, max_words: int) -> Iterator[tuple[Block, ...]]:
    """The list with its lead-in whole where it fits, else in runs of items; the lead-in stays with the first."""
    if _words(blocks) <= max_words:
        yield tuple(blocks)
        return
    kept: list[Block] = []
    words = 0
    for block in (part for whole in blocks for part in _sentences(whole, max_words=max_words)):
        added = _words((block,))
        if kept and words + added > max_words:
            yield tuple(kept)
            kept, words = [], 0
        kept.append(block)
        words += added
    yield tuple(kept)


# "no." is short for number only before one: "The answer is no. Ask again" is two sentences.
_ABBREVIATIONS = "e.g i.e etc cf vs approx para pp p Mr Mrs Ms Dr St".split()
_SENTENCE_END = re.compile(
    "(?<=[.!?])"
    + "".join(rf"(?<!\b(?i:{re.escape(short)})\.)" for short in _ABBREVIATIONS)
    + r"(?!(?<=\b[Nn]o\.)\s+\d)"
    + r"[\"'”’)]*\s+(?=[A-Z0-9“\"'‘(])"
)
_CLAUSE_END = re.compile(r"(?<=[;:,])\s+")
_WORD_END = re.compile(r"\s+")


def _sentences(block: Block, *, max_words: int) -> Iterator[Block]:
    """The block whole where it fits; else runs of its sentences; of a sentence that is too long, its clauses; of a
    clause that is too long, its words. Each piece is verbatim. An abbreviation's full stop ends no sentence."""
    for text in _cut(block.text, max_words, (_SENTENCE_END, _CLAUSE_END, _WORD_END)):
        yield block if text == block.text else replace(block, text=text)


def _cut(text: str, max_words: int, ends: Sequence[re.Pattern[str]]) -> Iterator[str]:
    if len(text.split()) <= max_words or not ends:
        yield text
        return
    start, stop = 0, 0
    for end in [*(found.end() for found in ends[0].finditer(text)), len(text)]:
        if stop > start and len(text[start:end].split()) > max_words:
            yield from _cut(text[start:stop].strip(), max_words, ends[1:])
            start = stop
        stop = end
    yield from _cut(text[start:stop].strip(), max_words, ends[1:])


# ── short neighbours ─────────────────────────────────────────────────────────────────────────────────────────────────


def _joined(pieces: Sequence[Section], *, max_words: int, min_words: int) -> list[Section]:
    """Short pieces joined to a neighbour under the same parent that is short too: a long one keeps its own heading."""
    joined: list[Section] = []
    for piece in pieces:
        sizes = sorted((_words(joined[-1].blocks), _words(piece.blocks))) if joined else [0, 0]
        if joined and sizes[0] < min_words and (sizes[1] < 2 * min_words or joined[-1].heading == piece.heading):
            both = _join(joined[-1], piece)
            if both is not None and _words(both.blocks) <= max_words:
                joined[-1] = both
                continue
        joined.append(piece)
    return joined


def _join(first: Section, second: Section) -> Section | None:
    """Both under the heading they share; None where they share none. A heading below that one becomes a paragraph."""
    if first.heading == second.heading:
        return Section(first.heading, first.blocks + second.blocks)
    shared = _shared(first.heading, second.heading)
    if not shared or max(len(first.heading), len(second.heading)) > len(shared) + 1:
        return None
    return Section(shared, _with_own_heading(first, shared) + _with_own_heading(second, shared))


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return first[:length]


def _with_own_heading(section: Section, shared: tuple[str, ...]) -> tuple[Block, ...]:
    if section.heading == shared:
        return section.blocks
    return (Block("paragraph", section.heading[-1], section.blocks[0].locator), *section.blocks)


def _words(blocks: Sequence[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)
