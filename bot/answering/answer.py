"""A question in, an answer out: read `answer_question` and you know the bot.

Question ─interpret→ Interpretation ─retrieve→ Evidence ─compose→ Draft ─verify→ Answer
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, assert_never

import numpy as np
import structlog
from numpy import float32
from numpy.typing import NDArray

from bot.answering.compose import compose_quotations
from bot.answering.confidence import MIN_CONFIDENCE, differs_by_school, judge
from bot.answering.interpret import interpret
from bot.answering.rank import EMBEDDED_UNITS, ScoredUnit, score_units
from bot.answering.replies import no_evidence_reply, written_reply
from bot.answering.retrieve import PassageIndex, WordCoverage, retrieve
from bot.answering.verify import school_name, verify
from bot.answering.wider_words import spell_out
from bot.answering.words import content_words
from bot.answering.write import ChatModel, closest_quotation, compose_with_model
from bot.errors import ChatModelFailed
from bot.frameworks.statements import quote_statements
from bot.model import (
    Answer,
    Answered,
    Clarification,
    Draft,
    Evidence,
    LookUp,
    NeedsDetail,
    ProgrammeOffer,
    ProgrammeQuestion,
    Question,
    Redirect,
    ScoredPassage,
    StatementLookUp,
)
from bot.programmes.offers import offer_programmes
from bot.prompts import Prompt, WrittenReply
from ingestion.model import IndexedPassage, Record, Trust

log = structlog.get_logger(__name__)

SURE_ENOUGH = 0.5
"""Prose about a programme is quoted from this confidence on; below it, the programme's own record is."""


class Embedder(Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""

    def embed_question(self, text: str) -> NDArray[float32]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


class AnsweringIndex(PassageIndex, Protocol):
    """What answering reads of the index."""

    def trust(self) -> Trust: ...

    def statements(self, code: str) -> list[tuple[Record, IndexedPassage]]: ...

    def programmes(self) -> list[tuple[Record, IndexedPassage]]: ...


@dataclass(frozen=True)
class Answering:
    """What a question is answered with: wired once, in `bot.app`."""

    index: AnsweringIndex
    embedder: Embedder
    replies: Mapping[str, WrittenReply]
    prompt: Prompt
    chat_model: ChatModel | None = None


def answer_question(question: Question, using: Answering, *, today: date) -> Answer:
    """The answer to one question. A chat model's failure is not one: the quotation answer is given."""
    trust = using.index.trust()
    interpretation = interpret(question, trust=trust)
    match interpretation:
        case Redirect():
            return written_reply(interpretation, replies=using.replies, trust=trust)
        case Clarification():
            return NeedsDetail(interpretation.asks, using.replies["no_question"].fill())
        case StatementLookUp():
            quoted = quote_statements(interpretation, using.index) or Draft(())
            answer = verify(quoted, schools=(), trust=trust, today=today)
            return answer or _look_up_code(interpretation, question, using, trust=trust, today=today)
        case ProgrammeQuestion(lookup):
            return _look_up_programmes(lookup, question, using, trust=trust, today=today)
        case LookUp():
            return _look_up(interpretation, question, using, trust=trust, today=today)
        case _:
            assert_never(interpretation)


def _look_up(
    lookup: LookUp,
    question: Question,
    using: Answering,
    *,
    trust: Trust,
    today: date,
    offers: tuple[ProgrammeOffer, ...] = (),
) -> Answer:
    """Retrieve, compose, verify. Asks for the school where none is known and the answer would differ by it."""
    using = replace(using, embedder=_Remembering(using.embedder))
    found = _find(lookup, using, units=EMBEDDED_UNITS * max(1, len(lookup.schools)))
    if not lookup.schools and trust.schools:
        everywhere = _find(replace(lookup, schools=tuple(school.slug for school in trust.schools)), using)
        if everywhere.confidence >= MIN_CONFIDENCE and differs_by_school(everywhere.scored):
            labels = tuple((school.slug, school.name) for school in trust.schools)
            return NeedsDetail("school", using.replies["which_school"].fill(), labels)
    confidence = found.confidence
    if confidence < MIN_CONFIDENCE:
        return no_evidence_reply(schools=lookup.schools, replies=using.replies, trust=trust, confidence=confidence)
    for draft in _drafts(lookup, question, found, using, trust=trust):
        answer = verify(
            replace(draft, confidence=confidence), schools=lookup.schools, trust=trust, today=today, programmes=offers
        )
        if answer is not None:
            return replace(answer, notes=(*answer.notes, *_silent_schools(answer, lookup, trust)))
    return no_evidence_reply(schools=lookup.schools, replies=using.replies, trust=trust, confidence=confidence)


def _look_up_programmes(lookup: LookUp, question: Question, using: Answering, *, trust: Trust, today: date) -> Answer:
    """The programmes that fit, beside what the prose says of them; their own records where the prose says nothing."""
    programmes = using.index.programmes()
    records: list[Mapping[str, Any]] = [record.fields for record, _ in programmes]
    meanings = [expansion.means for expansion in lookup.expansions]
    offers = offer_programmes(lookup.query, records, today=today, expansions=meanings)
    answer = _look_up(lookup, question, using, trust=trust, today=today, offers=offers)
    is_sure = isinstance(answer, Answered) and answer.confidence >= SURE_ENOUGH
    if not offers or is_sure or isinstance(answer, NeedsDetail):
        return answer
    passages = {record.key: found for record, found in programmes}
    quoted = [closest_quotation(offer.why, ScoredPassage(passages[offer.id], 0.0)) for offer in offers]
    draft = Draft(tuple(quoted), confidence=SURE_ENOUGH)
    return verify(draft, schools=lookup.schools, trust=trust, today=today, programmes=offers) or answer


def _silent_schools(answer: Answered, lookup: LookUp, trust: Trust) -> list[str]:
    """Where several schools were asked about: a sentence for each that no quotation is from."""
    quoted = {citation.school for citation in answer.citations}
    silent = [slug for slug in lookup.schools if slug not in quoted] if len(lookup.schools) > 1 else []
    return [f"I found nothing on this in the documents of {school_name(slug, trust)}." for slug in silent]


def _spoken_question(lookup: LookUp, question: Question, trust: Trust) -> str:
    """The question as a model is asked it: with the one it follows on, and the schools it is about."""
    earlier = lookup.query if question.history else question.text
    names = [school_name(slug, trust) for slug in lookup.schools]
    return f"{earlier} (asked about {' and '.join(names)})" if names else earlier


def _look_up_code(asked: StatementLookUp, question: Question, using: Answering, *, trust: Trust, today: date) -> Answer:
    """A code that no framework record has, looked for in prose: an answer only if it quotes the code."""
    answer = _look_up(asked.fallback, question, using, trust=trust, today=today)
    spelt = re.compile(rf"(?<![\w.]){re.escape(asked.code)}(?!\.?\w)")
    if isinstance(answer, Answered) and not any(spelt.search(citation.quote) for citation in answer.citations):
        return no_evidence_reply(schools=(), replies=using.replies, trust=trust, confidence=0.0)
    return answer


class _Remembering:
    """Embeds each text once, for as long as one question takes: its two searches share most of what they compare."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[float32]] = {}

    def embed_question(self, text: str) -> NDArray[float32]:
        if (key := f"?{text}") not in self._known:
            self._known[key] = self._embedder.embed_question(text)
        return self._known[key]

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]:
        if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known.update(zip(new, self._embedder.embed_passages(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True)
class _Found:
    """What a search brought for one look-up: the evidence, its units best first, and how sure it is to answer."""

    evidence: Evidence
    scored: tuple[ScoredUnit, ...]
    confidence: float


def _find(lookup: LookUp, using: Answering, *, units: int = EMBEDDED_UNITS) -> _Found:
    vector = using.embedder.embed_question(spell_out(lookup.query, lookup.expansions))
    evidence = retrieve(lookup, index=using.index, vector=vector)
    weights = using.index.word_weight(content_words(lookup.query))
    coverage = WordCoverage(lookup.query, lookup.expansions, weights)
    scored = score_units(lookup, evidence, vector=vector, embedder=using.embedder, coverage=coverage, embedded=units)
    return _Found(evidence, tuple(scored), judge(evidence, scored, coverage))


def _drafts(lookup: LookUp, question: Question, found: _Found, using: Answering, *, trust: Trust) -> Sequence[Draft]:
    """The drafts to try in order: the chat model's where one is set and answers, then the quotations."""
    quoted = Draft(compose_quotations(found.scored, schools=lookup.schools))
    if using.chat_model is None:
        return [quoted]
    try:
        asked = _spoken_question(lookup, question, trust)
        written = compose_with_model(asked, found.evidence, model=using.chat_model, prompt=using.prompt, trust=trust)
    except ChatModelFailed as error:
        log.warning("chat_model_failed", reason=str(error))
        return [quoted]
    return [written, quoted] if written.claims else [quoted]
