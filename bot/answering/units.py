"""Which stretches of a passage read by themselves?

A unit is what a person would quote: a short paragraph or a stretch of sentences of a long one, a list with the line
that
leads into it, rows of a table with the names of their columns. Its text is contiguous in the passage, a line a block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Quotation, ScoredPassage
from ingestion.model import Block

MAX_QUOTED_WORDS = 90
"""A quotation is cut at the first block or sentence beyond this: a person reads it between two lessons."""
WINDOW_WORDS = 55
"""Sentences of a long paragraph are quoted in stretches of up to so many words."""
COMPARED_WORDS = 45
"""Of a unit, the words whose meaning is compared; the time of a question grows with them."""
_SENTENCE_END = re.compile(r"(?<=[.!?])[”’\")\]]*\s+(?=[A-Z0-9“‘\"(•])")
_ABBREVIATION_END = re.compile(r"\b(?:e\.g|i\.e|etc|no|approx|Mr|Mrs|Ms|Dr|St|vs|p|pp|para)\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """A stretch of one passage that reads by itself. `text` is contiguous in the passage, a line a block."""

    source: ScoredPassage
    text: str
    locator: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    place: int = 0
    """Its order within the passage."""

    @property
    def in_context(self) -> str:
        """The text's beginning with its nearest heading and column names, as its meaning is compared."""
        heading = self.source.found.passage.heading[-1:]
        return " ".join(" ".join([*heading, *self.header, self.text]).split()[:COMPARED_WORDS])


def quotable_units(source: ScoredPassage) -> list[Unit]:
    """The units of one passage, in reading order: sentences of its paragraphs, lists with their lead, rows of its
    tables."""
    units: list[Unit] = []
    header: tuple[str, ...] = ()
    blocks = source.found.passage.blocks
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if block.kind == "table_header":
            header = block.cells
            at += 1
        elif block.kind == "table_row":
            group = _run_of_rows(blocks, at)
            units += _units_of_table(source, group, header, len(units))
            at += len(group)
        else:
            group = _list_with_lead(blocks, at)
            if len(group) > 1:
                units += _units_of_list(source, group, len(units))
            else:
                units += _units_of_paragraph(source, block, len(units))
            at += len(group)
    return units


def as_quotation(unit: Unit) -> Quotation:
    """The unit as words to quote."""
    return Quotation(unit.source.found, unit.text, unit.locator, unit.header, unit.rows)


def split_sentences(text: str) -> list[str]:
    """The sentences of a paragraph, each a verbatim stretch of it."""
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        sentence = text[start : match.start()].strip()
        closing = match[0].rstrip()
        if _ABBREVIATION_END.search(sentence) or len(sentence) < 4:
            continue
        sentences.append(sentence + closing)
        start = match.end()
    return [*sentences, text[start:].strip()] if text[start:].strip() else sentences


def _run_of_rows(blocks: Sequence[Block], at: int) -> Sequence[Block]:
    end = at + 1
    while end < len(blocks) and blocks[end].kind == "table_row":
        end += 1
    return blocks[at:end]


def _units_of_table(source: ScoredPassage, rows: Sequence[Block], header: tuple[str, ...], place: int) -> list[Unit]:
    """A small table whole, since its rows are read against each other; else each row alone."""
    if sum(len(row.text.split()) for row in rows) <= WINDOW_WORDS:
        locator = str(rows[0].locator.to(rows[-1].locator))
        return [
            Unit(source, "\n".join(row.text for row in rows), locator, header, tuple(row.cells for row in rows), place)
        ]
    return [Unit(source, row.text, str(row.locator), header, (row.cells,), place + n) for n, row in enumerate(rows)]


def _list_with_lead(blocks: Sequence[Block], at: int) -> Sequence[Block]:
    """The blocks that belong together from `at`: a line ending in a colon and its items, a run of items, or one
    block."""
    end = at + 1
    if blocks[at].kind == "list_item" or blocks[at].text.rstrip().endswith(":"):
        while end < len(blocks) and blocks[end].kind == "list_item":
            end += 1
    return blocks[at:end]


def _units_of_list(source: ScoredPassage, group: Sequence[Block], place: int) -> list[Unit]:
    """The whole list where it is short enough to quote; else each item alone."""
    if sum(len(block.text.split()) for block in group) <= MAX_QUOTED_WORDS:
        locator = group[0].locator.to(group[-1].locator)
        return [Unit(source, "\n".join(block.text for block in group), str(locator), place=place)]
    return [Unit(source, block.text, str(block.locator), place=place + n) for n, block in enumerate(group)]


def _units_of_paragraph(source: ScoredPassage, block: Block, place: int) -> list[Unit]:
    """The paragraph where it is short; else stretches of its sentences."""
    if len(block.text.split()) <= WINDOW_WORDS:
        return [Unit(source, block.text, str(block.locator), place=place)]
    stretches: list[str] = []
    start = 0
    for sentence in split_sentences(block.text):
        at = block.text.index(sentence, start)
        longer = block.text[block.text.index(stretches[-1]) : at + len(sentence)] if stretches else sentence
        if stretches and len(longer.split()) <= WINDOW_WORDS:
            stretches[-1] = longer
        else:
            stretches.append(sentence)
        start = at + len(sentence)
    return [Unit(source, stretch, str(block.locator), place=place + n) for n, stretch in enumerate(stretches)]
