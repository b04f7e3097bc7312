"""What did the edition before say on what was asked, or what changed since?

The search finds what is in force. The edition before it is read beside it, and quoted as what it is: superseded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.answering.compose import compose_quotations
from bot.answering.editions import EditionChange, EditionWords, changes_between
from bot.answering.find import Embedder, Found
from bot.answering.rank import score_units
from bot.answering.retrieve import WordCoverage, question_vector
from bot.answering.words import content_words, stem, stems
from bot.model import Draft, Evidence, Quotation, ScoredPassage
from bot.sentences import load_sentences
from ingestion.model import IndexedPassage, PastEdition, Version

MAX_CHANGES = 4
MAX_BEFORE, MAX_NOW = 2, 1
READ_PASSAGES = 16
ABOUT_IT = 0.34
"""A change counts as about the question when it holds at least so much of what the question is about."""


@dataclass(frozen=True)
class PastSentences:
    """What is said beside words of an edition before: prompts/past.toml."""

    before: str
    changed: str
    nothing_kept: str
    no_change: str
    more: str
    none: str


def load_past_sentences() -> PastSentences:
    """Raises SettingsError naming a sentence that is missing."""
    return load_sentences(
        PastSentences,
        "past",
        holding=dict.fromkeys(("none", "before", "changed", "nothing_kept", "no_change"), "{title}"),
    )


class EditionIndex(Protocol):
    """What the index tells of the edition before one in force."""

    def edition_before(self, version: Version, *, roles: Collection[str] = ()) -> PastEdition | None: ...

    def passages_of(self, path: str) -> list[IndexedPassage]: ...

    def word_weight(self, words: Sequence[str]) -> dict[str, float]: ...


@dataclass(frozen=True)
class PastWords:
    """The quotations that tell what was before, and the sentences beside them."""

    draft: Draft
    notes: tuple[str, ...]


def quote_past(found: Found, *, index: EditionIndex, embedder: Embedder, sentences: PastSentences) -> PastWords | None:
    """What the edition before the one that answers said (`edition` "before"), or what changed ("changes"), each with
    what is in force now beside it; where no edition before is on record, that, with what is in force.

    None where nothing was found."""
    if not found.scored:
        return None
    answering = _best_version(found, index)
    if answering is None:
        best = found.scored[0].unit.source.found.version
        draft = Draft(_now(found, best), confidence=found.confidence)
        return PastWords(draft, (sentences.none.format(title=best.title),))
    now, past = answering
    title, told = now.title, {"title": now.title, "before": _label(past.version), "now": _label(now)}
    if not past.passages:
        return PastWords(Draft(_now(found, now), confidence=found.confidence), (sentences.nothing_kept.format(**told),))
    coverage = _coverage_beyond(title, found, index)
    notes: tuple[str, ...] = (sentences.before.format(**told),)
    if found.lookup.edition == "changes":
        current = index.passages_of(now.path)
        changes = changes_between([one.passage for one in past.passages], [one.passage for one in current])
        about = _about(changes, coverage)
        if not about:
            draft = Draft(_now(found, now), confidence=found.confidence)
            return PastWords(draft, (sentences.no_change.format(**told),))
        reworded = [one for one in about if one.change == "changed"]
        left = len(about) - len(reworded[:MAX_CHANGES])
        notes = (sentences.changed.format(**told), *([sentences.more.format(count=left)] if left else []))
        if reworded:
            quotations = _both_sides(reworded[:MAX_CHANGES], past.passages, current)
            return PastWords(Draft(quotations, confidence=found.confidence), notes)
    before = _likeliest(past.passages, found, coverage, embedder)
    if not before:
        return None
    draft = Draft((*before, *_now(found, now)), confidence=found.confidence)
    return PastWords(draft, notes)


def _best_version(found: Found, index: EditionIndex) -> tuple[Version, PastEdition] | None:
    """The version of the best unit that has an edition before it, and that edition."""
    seen: dict[str, Version] = {}
    for one in found.scored:
        seen.setdefault(one.unit.source.found.version.path, one.unit.source.found.version)
    for version in list(seen.values())[:3]:
        past = index.edition_before(version, roles=found.lookup.roles)
        if past is not None:
            return version, past
    return None


def _coverage_beyond(title: str, found: Found, index: EditionIndex) -> WordCoverage:
    """What the question is about besides the document itself: "phones" of "the behaviour policy on phones"."""
    named = frozenset(stems(title))
    beyond = " ".join(word for word in content_words(found.lookup.query) if stem(word) not in named)
    return WordCoverage(beyond, found.lookup.expansions, index.word_weight(content_words(beyond)))


def _now(found: Found, now: Version) -> tuple[Quotation, ...]:
    """The best words of the edition in force."""
    own = tuple(one for one in found.scored if one.unit.source.found.version.path == now.path)
    return compose_quotations(replace(found, scored=own)).quotations[:MAX_NOW]


def _likeliest(
    passages: Sequence[IndexedPassage], found: Found, coverage: WordCoverage, embedder: Embedder
) -> tuple[Quotation, ...]:
    """The words of an edition that is not searched that answer best; its likeliest passages by words are weighed."""
    vector = question_vector(found.lookup, embedder)
    by_words = sorted(passages, key=lambda one: -coverage.share(" ".join((*one.passage.heading, one.passage.text))))
    likely = by_words[:READ_PASSAGES]
    cosines = embedder.embed_passages([one.passage.embedding_text(one.version.title) for one in likely]) @ vector
    scored = [
        ScoredPassage(one, fused=float(cosine), cosine=float(cosine))
        for one, cosine in zip(likely, cosines, strict=True)
    ]
    evidence = Evidence(tuple(sorted(scored, key=lambda one: -one.fused)))
    units = tuple(score_units(found.lookup, evidence, embedder=embedder, coverage=coverage))
    return compose_quotations(replace(found, evidence=evidence, scored=units)).quotations[:MAX_BEFORE]


def _about(changes: Sequence[EditionChange], coverage: WordCoverage) -> list[EditionChange]:
    """The changes that the question is about, those that say most of it first; all that were reworded where it asks of
    the document as a whole. A cover sheet's are left out: versions and dates stand in every citation."""
    told = [one for one in changes if any(words is not None and _is_rule(words) for words in (one.before, one.now))]
    if coverage.words == 0:
        return sorted(told, key=lambda one: (one.change != "changed", not _differ_in_figures(one)))
    shares = [(max(_share(one.before, coverage), _share(one.now, coverage)), one) for one in told]
    about = [(share, one) for share, one in shares if share >= ABOUT_IT]
    return [one for _, one in sorted(about, key=lambda pair: (-pair[0], pair[1].change != "changed"))]


def _is_rule(words: EditionWords) -> bool:
    """Neither on a cover sheet nor only the names of columns."""
    columns = {block.text for block in words.passage.blocks if block.kind == "table_header"}
    return bool(words.heading) and words.text not in columns


def _differ_in_figures(change: EditionChange) -> bool:
    """Numbers, sums and times that one side says and the other does not are what most want to know."""
    sides = [re.findall(r"\d+(?:[.:]\d+)*", words.text) if words else [] for words in (change.before, change.now)]
    return sorted(sides[0]) != sorted(sides[1])


def _share(words: EditionWords | None, coverage: WordCoverage) -> float:
    return 0.0 if words is None else coverage.share(" ".join((*words.heading, *words.header, words.text)))


def _both_sides(
    changes: Sequence[EditionChange], past: Sequence[IndexedPassage], current: Sequence[IndexedPassage]
) -> tuple[Quotation, ...]:
    """Of each change what was said before, then what is said now."""
    of_past = {one.passage.ordinal: one for one in past}
    of_now = {one.passage.ordinal: one for one in current}
    quotations: list[Quotation] = []
    for change in changes:
        for words, held in ((change.before, of_past), (change.now, of_now)):
            if words is not None:
                rows = (words.cells,) if words.cells else ()
                quotation = Quotation(
                    held[words.passage.ordinal], words.text, str(words.locator), words.header if rows else (), rows
                )
                if quotation not in quotations:
                    quotations.append(quotation)
    return tuple(quotations)


def _label(version: Version) -> str:
    """How an edition is told from another: by its version, else by its first day."""
    stated: Mapping[str, str | None] = {
        "version {}": version.metadata.version,
        "the edition of {}": version.metadata.effective_from or version.metadata.approved_on,
    }
    return next((said.format(value) for said, value in stated.items() if value), "the edition before")
