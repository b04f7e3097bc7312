"""Which words of the evidence answer the question?

Without a chat model the answer is one to three quotations. A quotation is a unit of a passage that reads by itself:
one or two sentences, a list with the line that leads into it, rows of a table with their column names. With a chat
model the same evidence is numbered and sent; what comes back is split into claims, each resting on the passages it
cites.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from bot.answering.retrieve import WordCoverage
from bot.answering.words import content_words, stem, stems
from bot.model import Claim, Draft, Evidence, LookUp, Quotation, ScoredPassage
from bot.prompts import Prompt
from ingestion.model import Block, IndexedPassage, Locator, Slug

MAX_QUOTATIONS = 3
MAX_QUOTED_WORDS = 90
"""A quotation is cut at the first block or sentence beyond this: a person reads it between two lessons."""
WINDOW_WORDS = 55
"""Sentences of a long paragraph are quoted in stretches of up to so many words."""
CLOSE_ENOUGH = 0.8
"""A second or third quotation must score at least this share of the first."""
BESIDE_ENOUGH = 0.7
"""Prose that stands beside the first quotation joins it from this share of its score on."""
COMPARED_WORDS = 45
"""Of a unit, the words whose meaning is compared; the time of a question grows with them."""
EMBEDDED_UNITS = 8
"""Units whose meaning is compared, of those that look best by their words: embedding is what a question waits for."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[”’\")\]]*\s+(?=[A-Z0-9“‘\"(•])")
_ABBREVIATION_END = re.compile(r"\b(?:e\.g|i\.e|etc|no|approx|Mr|Mrs|Ms|Dr|St|vs|p|pp|para)\.$", re.IGNORECASE)
_ASKS_FOR_FIGURE = re.compile(
    r"\b(?:how (?:much|many|long|soon|often|far|quick\w*|late)|when|deadline"
    r"|what (?:time|date|day|ratio|number|age|percentage))\b",
    re.I,
)
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|once|twice|immediately"
    r"|same day|weekly|termly|annually|daily)\b",
    re.I,
)


class TextEmbedder(Protocol):
    """Embeds texts: float32[n, dimension], rows of unit length."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


class ChatModel(Protocol):
    """Writes a text from two; raises ChatModelFailed when it cannot, or not in time."""

    @property
    def name(self) -> str: ...

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str: ...


_ASKS_ABOUT_DOCUMENT = re.compile(
    r"\b(?:version|edition|changed?|reviewed|review date|approved|owner|owns|current|latest|up to date)\b", re.I
)
_VERSION_COLUMNS = frozenset({"version", "date", "change", "changes", "author", "issue", "amendment"})


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


@dataclass(frozen=True)
class Weights:
    """What each reading of a unit counts towards its score. Fitted once on `tests/eval/development.jsonl` (listwise
    logistic regression, checked by five-fold cross-validation) and rounded; they add up to about 1."""

    meaning: float = 0.19
    """Cosine of the question and the unit."""
    own_words: float = 0.14
    """Coverage of the question's words by the unit itself."""
    words_in_place: float = 0.20
    """Coverage by the unit with its headings, column names and document title."""
    heading_words: float = 0.05
    """Coverage by title and headings alone."""
    passage_words: float = 0.09
    """Coverage by the whole passage."""
    passage_meaning: float = 0.09
    """Cosine of the question and the passage."""
    passage_rank: float = 0.06
    """The passage's fused score, as a share of the best passage's."""
    school: float = 0.07
    """A document of the school that was asked about, beside the trust's."""
    figure: float = 0.08
    """A figure where one was asked for."""
    length: float = 0.08
    """Words of the unit, as a share of `WINDOW_WORDS`: a few words alone seldom answer."""
    phrase: float = 0.25
    """Five or more words of the question in a row, as somebody who quotes has them; half of it for four."""
    about_itself: float = -0.15
    """A cover sheet or a table of versions, unless that is what was asked."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class ScoredUnit:
    """A unit with how well it answers: `score` from 0 to about 1; `cosine`, `coverage` (words in place) and `phrase` are
    parts of it, each from 0 to 1."""

    unit: Unit
    score: float
    cosine: float
    coverage: float
    phrase: float = 0.0


def score_units(
    lookup: LookUp,
    evidence: Evidence,
    *,
    vector: NDArray[float32],
    embedder: TextEmbedder,
    coverage: WordCoverage,
    embedded: int = EMBEDDED_UNITS,
) -> list[ScoredUnit]:
    """The units of the evidence that look best by their words, then scored by meaning as well, best first.

    Empty without evidence. `vector` is the embedded question, float32[dimension] of unit length.
    """
    best_fused = max((source.fused for source in evidence.kept), default=1.0)
    asked = stems(lookup.query)
    asks_about_document = bool(_ASKS_ABOUT_DOCUMENT.search(lookup.query))
    wants_figure = bool(_ASKS_FOR_FIGURE.search(lookup.query))
    by_words: list[tuple[float, float, float, Unit]] = []
    for source in evidence.kept:
        of_school = source.found.version.school is not None
        around = " ".join((source.found.version.title, *source.found.passage.heading))
        of_passage = (
            WEIGHTS.passage_words * coverage.share(passage_in_place(source))
            + WEIGHTS.passage_meaning * max(0.0, source.cosine or 0.0)
            + WEIGHTS.passage_rank * source.fused / best_fused
            + WEIGHTS.school * of_school
            + WEIGHTS.heading_words * coverage.share(around)
        )
        for unit in quotable_units(source):
            in_place = coverage.share(" ".join((around, *unit.header, unit.text)))
            score = of_passage + WEIGHTS.own_words * coverage.share(unit.text) + WEIGHTS.words_in_place * in_place
            score += WEIGHTS.figure * (wants_figure and bool(_FIGURE.search(unit.text)))
            score += WEIGHTS.length * min(1.0, len(unit.text.split()) / WINDOW_WORDS)
            score += WEIGHTS.phrase * (phrase := shared_phrase(asked, stems(unit.text)))
            score += WEIGHTS.about_itself * (_is_about_document(unit) and not asks_about_document)
            by_words.append((score, in_place, phrase, unit))
    likely = sorted(by_words, key=lambda one: -one[0])[:embedded]
    if not likely:
        return []
    cosines = np.asarray(embedder.embed_passages([unit.in_context for *_, unit in likely]) @ vector, dtype=float)
    scored = [
        ScoredUnit(unit, score + WEIGHTS.meaning * max(0.0, float(cosine)), float(cosine), in_place, phrase)
        for (score, in_place, phrase, unit), cosine in zip(likely, cosines, strict=True)
    ]
    return sorted(scored, key=lambda one: -one.score)


def shared_phrase(asked: Sequence[str], said: Sequence[str]) -> float:
    """1 when five stems of the question stand in a row in the text, 0.5 when four do, else 0. Stop words count."""
    for length, value in ((5, 1.0), (4, 0.5)):
        runs = {tuple(asked[at : at + length]) for at in range(len(asked) - length + 1)}
        if any(tuple(said[at : at + length]) in runs for at in range(len(said) - length + 1)):
            return value
    return 0.0


def _is_about_document(unit: Unit) -> bool:
    """True for a table of versions, and for the cover sheet that stands before the first heading."""
    columns = {cell.strip().lower() for cell in unit.header}
    found = unit.source.found
    is_cover = not found.passage.heading and "cover sheet" in found.version.metadata.origins.values()
    return len(columns & _VERSION_COLUMNS) >= 2 or is_cover


def passage_in_place(source: ScoredPassage) -> str:
    """The passage's text with its document's title and its headings."""
    found = source.found
    return " ".join((found.version.title, *found.passage.heading, found.passage.text))


def compose_quotations(scored: Sequence[ScoredUnit], *, schools: tuple[Slug, ...] = ()) -> tuple[Quotation, ...]:
    """One to three quotations, best first; with several schools asked about, the best of each. Empty only without
    units.

    The first is widened with what answers as well beside it in its passage, as long as it stays short.
    """
    if not scored:
        return ()
    if len(schools) > 1:
        firsts = [
            next((one for one in scored if one.unit.source.found.version.school == slug), None) for slug in schools
        ]
        chosen = [one.unit for one in firsts if one is not None] or [scored[0].unit]
        return tuple(as_quotation(unit) for unit in chosen)
    chosen = [widen_unit(scored[0].unit, scored)]
    floor = scored[0].score * CLOSE_ENOUGH
    for one in scored[1:]:
        if one.score < floor or len(chosen) == MAX_QUOTATIONS:
            break
        if not any(_repeats(one.unit, other) for other in chosen):
            chosen.append(one.unit)
    return tuple(as_quotation(unit) for unit in chosen)


def widen_unit(unit: Unit, scored: Sequence[ScoredUnit]) -> Unit:
    """The unit with those neighbours in its passage that answer as well or nearly, while it stays a short quotation.

    Rows of a table are joined to rows of the same table only, and must come nearer.
    """
    scores = {one.unit.place: one.score for one in scored if one.unit.source == unit.source}
    units = {one.place: one for one in quotable_units(unit.source)}
    first = last = unit.place
    text, rows = unit.text, unit.rows
    while beside := [place for place in (first - 1, last + 1) if place in units]:
        beside.sort(key=lambda place: -scores.get(place, 0.0))
        for place in beside:
            longer = _joined(unit, units[place], scores, first=min(first, place), last=max(last, place), units=units)
            if longer is not None:
                first, last, (text, rows) = min(first, place), max(last, place), longer
                break
        else:
            break
    locators = [units[place].locator for place in (first, last)]
    locator = locators[0] if locators[0] == locators[1] else str(_span(unit.source, text))
    return replace(unit, text=text, rows=rows, locator=locator, place=first)


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


def _joined(
    unit: Unit, neighbour: Unit, scores: Mapping[int, float], *, first: int, last: int, units: Mapping[int, Unit]
) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """The passage's own words from unit `first` to unit `last`, and their rows; None where they do not belong
    together."""
    if bool(unit.rows) != bool(neighbour.rows) or unit.header != neighbour.header:
        return None
    enough = CLOSE_ENOUGH if unit.rows else BESIDE_ENOUGH
    if scores.get(neighbour.place, 0.0) < enough * scores.get(unit.place, 1.0):
        return None
    whole = unit.source.found.passage.text
    start = whole.find(units[first].text)
    end = whole.find(units[last].text, start) + len(units[last].text)
    text = whole[start:end]
    if start < 0 or len(text.split()) > MAX_QUOTED_WORDS:
        return None
    return text, tuple(row for place in range(first, last + 1) for row in units[place].rows)


def _span(source: ScoredPassage, text: str) -> Locator:
    """From the page (slide, row) where the text begins to the one where it ends."""
    quoted = [block.locator for block in source.found.passage.blocks if block.text in text or text in block.text]
    return quoted[0].to(quoted[-1])


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
    """The sentences of a model's text with the passage numbers under each; numbers may stand before or after the full
    stop."""
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
