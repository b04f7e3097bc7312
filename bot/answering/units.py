"""Which stretches of a passage read by themselves?

A unit is what a person would quote: a short paragraph or a stretch of sentences of a long one, a list with the line
that leads into it, rows of a table with the names of their columns. It is a span of the passage's text, so that what
is quoted is contiguous and stands there to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from bot.model import Quotation, ScoredPassage
from ingestion.model import Block, Locator

MAX_QUOTED_WORDS = 90
"""What a person reads between two lessons: units are joined, and lists kept whole, up to here. One sentence, list item
or table row that is longer is quoted all the same, since a cut would change what it says."""
WINDOW_WORDS = 55
"""Sentences of a long paragraph are quoted in stretches of up to so many words, and tables up to there whole."""
MAX_LIST_WORDS = 120
"""A list of which an item is quoted comes whole up to here; of a longer one the line that leads into it is shown."""
MAX_LEANING_WORDS = 60
"""A sentence that a quotation cannot do without joins it up to this length."""
MAX_LEANING_SENTENCES = 2
"""So many such sentences before a quotation, and so many after it."""
COMPARED_WORDS = 45
"""Of a unit, the words whose meaning is compared; the time of a question grows with them."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[”’\")\]]*\s+(?=[A-Z0-9“‘\"(•])")
_LIMITS = re.compile(
    r"(?:however|but|unless|except|exceptions?|only|otherwise|nor|save (?:for|where|that)|provided (?:that|the)"
    r"|subject to|apart from|even (?:so|then|if)|if not|where this is not|in exceptional"
    r"|this (?:does|do|is|may|must|can|will) not"
    r"|this rule|this applies|it (?:does|is|may|must|can|will) not|they (?:do|are|may|must|can|will) not"
    r"|these (?:do|are|may|must) not|nothing in this|the (?:only )?exceptions?)\b",
    re.IGNORECASE,
)
"""How a sentence begins that limits the one before it."""
_LEANS_BACK = re.compile(
    r"(?:however|but|otherwise|instead|also|then|nor|even (?:so|then|if)|if (?:so|not)"
    r"|in (?:this|that|such|these|those)"
    r"|this|these|those|that|they|he|she|such|it (?!is (?:important|essential|the duty|not acceptable|expected))"
    r"|both|neither|either way|the same|the exceptions?)\b",
    re.IGNORECASE,
)
"""How a sentence begins that does not say by itself whom or what it speaks of."""
_ABBREVIATION_END = re.compile(r"\b(?:e\.g|i\.e|etc|no|approx|Mr|Mrs|Ms|Dr|St|vs|p|pp|para)\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """The characters `start` to `end` of one passage's text; `place` is its order among the passage's units, from 0.

    `header` and `rows` are the cells of what is quoted of a table; () for prose.
    """

    source: ScoredPassage
    start: int
    end: int
    locator: Locator
    place: int
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lead_in: str = ""
    """The line that leads into the list of which this is an item; "" where it is no such item, or holds the line."""

    @property
    def text(self) -> str:
        """Verbatim, a line a block."""
        return self.source.found.passage.text[self.start : self.end]

    @property
    def in_context(self) -> str:
        """The text's beginning with its nearest heading and column names, as its meaning is compared."""
        heading = self.source.found.passage.heading[-1:]
        return " ".join(" ".join([*heading, *self.header, self.text]).split()[:COMPARED_WORDS])


def quotable_units(source: ScoredPassage) -> list[Unit]:
    """The units of one passage, in reading order."""
    spans = _spans(source.found.passage.blocks)
    return [
        Unit(source, start, end, locator, place, header, rows)
        for place, (start, end, locator, header, rows) in enumerate(spans)
    ]


def as_quotation(unit: Unit) -> Quotation:
    """The unit as words to quote."""
    return Quotation(unit.source.found, unit.text, str(unit.locator), unit.header, unit.rows, unit.lead_in)


def join_units(first: Unit, last: Unit, between: Sequence[Unit] = ()) -> Unit:
    """All from `first` to `last` of one passage as one unit; `between` are the units that stand between them."""
    rows = tuple(row for unit in (first, *between, last) for row in unit.rows)
    return Unit(first.source, first.start, last.end, first.locator.to(last.locator), first.place, first.header, rows)


def in_whole_list(unit: Unit, *, most_words: int = MAX_LIST_WORDS) -> Unit:
    """Of an item of a list, the whole list with the line that leads into it; of a longer list the item, with that line
    as its `lead_in`. What is no item of a list is returned as it is."""
    if unit.rows:
        return unit
    blocks = unit.source.found.passage.blocks
    starts = [0, *accumulate(len(block.text) + 1 for block in blocks)]
    at = 0
    while at < len(blocks):
        end = _end_of_group(blocks, at)
        last = end - 1
        whole = Unit(
            unit.source,
            starts[at],
            starts[last] + len(blocks[last].text),
            blocks[at].locator.to(blocks[last].locator),
            unit.place,
        )
        if end - at > 1 and whole.start <= unit.start and unit.end <= whole.end and blocks[last].kind == "list_item":
            if _words(blocks[at:end]) <= most_words:
                return whole
            has_lead = blocks[at].kind == "paragraph" and unit.start > whole.start
            return replace(unit, lead_in=blocks[at].text) if has_lead else unit
        at = end
    return unit


def with_limits(unit: Unit) -> Unit:
    """The unit with the sentence that its first word points back to, and the sentences behind it that limit it
    ("However …", "This does not …"): without them it would say more than the document. A table's rows as they are."""
    if unit.rows:
        return unit
    sentences = list(_sentences(unit.source.found.passage.blocks))
    inside = [place for place, (start, end, _) in enumerate(sentences) if unit.start < end and start < unit.end]
    if not inside:
        return unit
    first, last = inside[0], inside[-1]
    text = unit.source.found.passage.text

    def joins(place: int, beside: int) -> bool:
        """True where the sentence is short, and no table stands between it and the one beside it."""
        start, end, _ = sentences[place]
        between = text[min(end, sentences[beside][1]) : max(start, sentences[beside][0])]
        return not between.strip() and len(text[start:end].split()) <= MAX_LEANING_WORDS

    for _ in range(MAX_LEANING_SENTENCES):
        leans = not unit.lead_in and _LEANS_BACK.match(text[sentences[first][0] :])
        if not (leans and first > 0 and joins(first - 1, first)):
            break
        first -= 1
    for _ in range(MAX_LEANING_SENTENCES):
        follows = last + 1 < len(sentences) and _LIMITS.match(text[sentences[last + 1][0] :])
        if not (follows and joins(last + 1, last)):
            break
        last += 1
    start, end = min(unit.start, sentences[first][0]), max(unit.end, sentences[last][1])
    return replace(unit, start=start, end=end, locator=sentences[first][2].to(sentences[last][2]))


def _sentences(blocks: Sequence[Block]) -> Iterator[tuple[int, int, Locator]]:
    """Start, end and locator of each sentence of the prose of a passage, in reading order."""
    offset = 0
    for block in blocks:
        if block.kind in ("paragraph", "list_item"):
            for start, end in sentence_spans(block.text):
                yield offset + start, offset + end, block.locator
        offset += len(block.text) + 1


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a paragraph. An abbreviation's full stop ends none."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION_END.search(text[start : match.start()]):
            yield start, match.start() + len(match[0].rstrip())
            start = match.end()
    if text[start:].strip():
        yield start, len(text.rstrip())


_Cells = tuple[str, ...]
_Span = tuple[int, int, Locator, _Cells, tuple[_Cells, ...]]


def _spans(blocks: Sequence[Block]) -> Iterator[_Span]:
    """Start, end, locator, column names and cells of each unit."""
    starts = [0, *accumulate(len(block.text) + 1 for block in blocks)]
    header: _Cells = ()
    at = 0
    while at < len(blocks):
        end = _end_of_group(blocks, at)
        group, offsets = blocks[at:end], starts[at:end]
        if blocks[at].kind == "table_header":
            header = blocks[at].cells
        elif blocks[at].kind == "table_row":
            yield from _spans_of_table(group, offsets, header)
        else:
            header = ()  # a table that follows prose has column names of its own, or none
            yield from _spans_of_prose(group, offsets)
        at = end


def _end_of_group(blocks: Sequence[Block], at: int) -> int:
    """Where the blocks end that belong together from `at`: the rows of a table, a list with the line that leads into
    it."""
    end = at + 1
    if blocks[at].kind == "table_row":
        while end < len(blocks) and blocks[end].kind == "table_row":
            end += 1
    elif blocks[at].kind == "list_item" or (blocks[at].kind == "paragraph" and blocks[at].text.rstrip().endswith(":")):
        while end < len(blocks) and blocks[end].kind == "list_item":
            end += 1
    return end


def _spans_of_table(rows: Sequence[Block], offsets: Sequence[int], header: _Cells) -> Iterator[_Span]:
    """A small table whole, since its rows are read against each other; else each row alone.

    Column names are kept only for rows that have as many cells.
    """
    names = header if all(len(row.cells) == len(header) for row in rows) else ()
    if _words(rows) <= WINDOW_WORDS:
        end = offsets[-1] + len(rows[-1].text)
        yield offsets[0], end, rows[0].locator.to(rows[-1].locator), names, tuple(row.cells for row in rows)
        return
    for row, start in zip(rows, offsets, strict=True):
        own_names = header if len(row.cells) == len(header) else ()
        yield start, start + len(row.text), row.locator, own_names, (row.cells,)


def _spans_of_prose(group: Sequence[Block], offsets: Sequence[int]) -> Iterator[_Span]:
    """A list whole where it is short enough, else item by item; a paragraph whole, else in stretches of its
    sentences."""
    if len(group) > 1 and _words(group) <= MAX_QUOTED_WORDS:
        yield offsets[0], offsets[-1] + len(group[-1].text), group[0].locator.to(group[-1].locator), (), ()
        return
    for block, offset in zip(group, offsets, strict=True):
        for start, end in _stretches(block.text):
            yield offset + start, offset + end, block.locator, (), ()


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Sentences joined while they stay within `WINDOW_WORDS`."""
    start = end = 0
    for sentence_start, sentence_end in sentence_spans(text):
        if end and len(text[start:sentence_end].split()) > WINDOW_WORDS:
            yield start, end
            start = sentence_start
        end = sentence_end
    if end:
        yield start, end


def _words(blocks: Sequence[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)
