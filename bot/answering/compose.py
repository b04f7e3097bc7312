"""Which words of the evidence answer the question?

Without a chat model the answer is one to three quotations. A quotation is a unit of a passage that reads by itself: one or
two sentences, a list with the line that leads into it, rows of a table with their column names. With a chat model the same
evidence is numbered and sent; what comes back is split into claims, each resting on the passages it cites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.retrieve import WordCoverage
from bot.answering.words import content_words, stem, stems
from bot.model import Claim, Draft, Evidence, Quotation, ScoredPassage
from bot.prompts import Prompt
from ingestion.model import Block, IndexedPassage, Slug

MAX_QUOTATIONS = 3
MAX_QUOTED_WORDS = 90
"""A quotation is cut at the first block or sentence beyond this: a person reads it between two lessons."""
UNITS_FROM_PASSAGES = 5
"""Quotations are chosen from the units of so many of the best passages."""
CLOSE_ENOUGH = 0.88
"""A second or third quotation must score at least this share of the first."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[”’\")\]]*\s+(?=[A-Z0-9“‘\"(•])")
_ABBREVIATION_END = re.compile(r"\b(?:e\.g|i\.e|etc|no|approx|Mr|Mrs|Ms|Dr|St|vs|p|pp|para)\.$", re.IGNORECASE)
_ASKS_FOR_FIGURE = re.compile(r"\b(?:how (?:much|many|long|soon|often|far|quick\w*|late)|when|what (?:time|date|day|ratio|number|age|percentage)|deadline)\b", re.I)
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|once|twice|immediately|same day|weekly|termly|annually|daily)\b", re.I
)


class TextEmbedder(Protocol):
    """Embeds texts: float32[n, dimension], rows of unit length."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


class ChatModel(Protocol):
    """Writes a text from two; raises ChatModelFailed when it cannot, or not in time."""

    @property
    def name(self) -> str: ...

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str: ...


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
        """The text with its nearest heading and column names, as it is scored."""
        heading = self.source.found.passage.heading[-1:]
        return " ".join([*heading, *self.header, self.text])


@dataclass(frozen=True)
class ScoredUnit:
    """A unit with how well it answers: `score` from 0 to about 1, and its two parts."""

    unit: Unit
    score: float
    cosine: float
    coverage: float


def score_units(
    query: str,
    evidence: Evidence,
    *,
    vector: NDArray[float32],
    embedder: TextEmbedder,
    coverage: WordCoverage,
    passages: int = UNITS_FROM_PASSAGES,
) -> list[ScoredUnit]:
    """Every unit of the best passages, best first. A unit is scored by meaning, by the question's words in it (and, at half
    weight, in its headings and title), by its passage's place, and by a figure where one was asked for."""
    units = [unit for source in evidence.kept[:passages] for unit in quotable_units(source)]
    if not units:
        return []
    cosines = embedder.embed_passages([unit.in_context for unit in units]) @ vector
    best_fused = max(source.fused for source in evidence.kept)
    wants_figure = bool(_ASKS_FOR_FIGURE.search(query))
    scored = []
    for unit, cosine in zip(units, np.asarray(cosines, dtype=float), strict=True):
        version = unit.source.found.version
        around = " ".join((version.title, *unit.source.found.passage.heading, *unit.header))
        inside, whole = coverage.share(unit.text), coverage.share(f"{around} {unit.text}")
        covered = 0.5 * inside + 0.5 * whole
        figure = 0.06 if wants_figure and _FIGURE.search(unit.text) else 0.0
        place = unit.source.fused / best_fused
        score = 0.5 * max(0.0, float(cosine)) + 0.3 * covered + 0.14 * place + figure
        scored.append(ScoredUnit(unit, score, float(cosine), whole))
    return sorted(scored, key=lambda one: -one.score)


def compose_quotations(scored: Sequence[ScoredUnit], *, schools: tuple[Slug, ...] = ()) -> tuple[Quotation, ...]:
    """One to three quotations, best first; with several schools asked about, the best of each. Empty only without units."""
    if not scored:
        return ()
    if len(schools) > 1:
        firsts = [next((one for one in scored if one.unit.source.found.version.school == slug), None) for slug in schools]
        chosen = [one for one in firsts if one is not None] or list(scored[:1])
        return tuple(as_quotation(one.unit) for one in chosen)
    chosen = []
    floor = scored[0].score * CLOSE_ENOUGH
    for one in scored:
        if one.score < floor or len(chosen) == MAX_QUOTATIONS:
            break
        if not any(_repeats(one.unit, other.unit) for other in chosen):
            chosen.append(one)
    return tuple(as_quotation(one.unit) for one in _join_neighbours(chosen))


def quotable_units(source: ScoredPassage) -> list[Unit]:
    """The units of one passage, in reading order: sentences of its paragraphs, lists with their lead, rows of its tables."""
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
            units.append(Unit(source, block.text, str(block.locator), header, (block.cells,), len(units)))
            at += 1
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


def _list_with_lead(blocks: Sequence[Block], at: int) -> Sequence[Block]:
    """The blocks that belong together from `at`: a line ending in a colon and its items, a run of items, or one block."""
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
    sentences = split_sentences(block.text)
    if len(sentences) == 1 or len(block.text.split()) <= 45:
        return [Unit(source, block.text, str(block.locator), place=place)]
    return [Unit(source, sentence, str(block.locator), place=place + n) for n, sentence in enumerate(sentences)]


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


def _join_neighbours(chosen: Sequence[ScoredUnit]) -> list[ScoredUnit]:
    """Units that stand side by side in one paragraph or table are one quotation, in reading order."""
    joined: list[ScoredUnit] = []
    for one in chosen:
        beside = next((n for n, other in enumerate(joined) if (_touches(other.unit, one.unit))), None)
        if beside is None:
            joined.append(one)
            continue
        first, second = sorted((joined[beside].unit, one.unit), key=lambda unit: unit.place)
        text = _stretch(first, second)
        if text is None or len(text.split()) > MAX_QUOTED_WORDS:
            joined.append(one)
            continue
        joined[beside] = replace(joined[beside], unit=replace(first, text=text, rows=first.rows + second.rows))
    return joined


def _touches(one: Unit, other: Unit) -> bool:
    same = one.source.found.id == other.source.found.id and one.locator == other.locator
    return same and abs(one.place - other.place) == 1 and bool(one.rows) == bool(other.rows) and one.header == other.header


def _stretch(first: Unit, second: Unit) -> str | None:
    """The passage's own text from the start of `first` to the end of `second`; None when they are not neighbours in it."""
    whole = first.source.found.passage.text
    start = whole.find(first.text)
    end = whole.find(second.text, start + len(first.text))
    between = whole[start + len(first.text) : end]
    return None if start < 0 or end < 0 or between.strip() else whole[start : end + len(second.text)]


def _repeats(one: Unit, other: Unit) -> bool:
    """True when one unit says what the other says, word for word or nearly."""
    mine, theirs = frozenset(stems(one.text)), frozenset(stems(other.text))
    return len(mine & theirs) >= 0.8 * min(len(mine), len(theirs))


# ── with a chat model ────────────────────────────────────────────────────────────────────────────────────────────────

_CITED = re.compile(r"\[(\d{1,2})\]")
DECLINED = "NOT IN THE PASSAGES"


def compose_with_model(question: str, evidence: Evidence, *, model: ChatModel, prompt: Prompt) -> Draft:
    """A draft of claims written by the model over the evidence; without claims when it declined.

    A sentence that cites no passage, or a number that was not sent, gives no claim. Raises ChatModelFailed.
    """
    passages = [source.found for source in evidence.kept]
    user = prompt.fill_user(question=question, passages="\n\n".join(_numbered(passages)))
    written = model.write(
        prompt.system, user, temperature=prompt.temperature, max_output_tokens=prompt.max_output_tokens
    )
    made_by = f"{model.name} {prompt.digest}"
    if DECLINED in written.upper():
        return Draft((), made_by=made_by)
    quotations: list[Quotation] = []
    claims: list[Claim] = []
    for sentence, numbers in split_claims(written):
        cited = [evidence.kept[number - 1] for number in numbers if 1 <= number <= len(passages)]
        if not cited:
            continue
        supports = []
        for source in cited:
            quotation = closest_quotation(sentence, source)
            if quotation not in quotations:
                quotations.append(quotation)
            supports.append(quotations.index(quotation))
        claims.append(Claim(sentence, tuple(dict.fromkeys(supports))))
    return Draft(tuple(quotations), tuple(claims), made_by=made_by)


def split_claims(written: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of a model's text with the passage numbers under each; numbers may stand before or after the full stop."""
    text = re.sub(r"\s+(?=\[\d)", "", " ".join(written.split()))
    text = re.sub(r"((?:\[\d{1,2}\])+)([.!?])", r"\2\1", text)
    claims = []
    start = 0
    for match in re.finditer(r"[.!?](?:\[\d{1,2}\])*(?=\s|$)|$", text):
        sentence = text[start : match.end()].strip()
        start = match.end()
        if sentence:
            claims.append((_CITED.sub("", sentence).strip(), tuple(int(number) for number in _CITED.findall(sentence))))
    return claims


def closest_quotation(claim: str, source: ScoredPassage) -> Quotation:
    """The unit of the cited passage that shares most of the claim's words: what the citation shows."""
    said = {stem(word) for word in content_words(claim)}
    units = quotable_units(source)
    if not units:
        passage = source.found.passage
        return Quotation(source.found, passage.text, str(passage.locator))
    return as_quotation(max(units, key=lambda unit: (len(said & set(stems(unit.in_context))), -len(unit.text))))


def _numbered(passages: Sequence[IndexedPassage]) -> list[str]:
    lines = []
    for number, found in enumerate(passages, start=1):
        where = " > ".join((found.version.title, *found.passage.heading))
        lines.append(f"[{number}] {where} ({found.passage.locator})\n{found.passage.text}")
    return lines
