"""A question in, an answer out: read `answer_question` and you know the bot.

    Question ─interpret→ Interpretation ─retrieve→ Evidence ─compose→ Draft ─verify→ Answer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, assert_never

import structlog
from numpy import float32
from numpy.typing import NDArray

from bot.answering.compose import (
    ChatModel,
    ScoredUnit,
    compose_quotations,
    compose_with_model,
    score_units,
)
from bot.answering.confidence import MIN_CONFIDENCE, differs_by_school, judge
from bot.answering.interpret import interpret
from bot.answering.replies import no_evidence_reply, written_reply
from bot.answering.retrieve import PassageIndex, WordCoverage, retrieve
from bot.answering.verify import verify
from bot.answering.words import content_words
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
    StatementLookUp,
)
from bot.programmes.offers import offer_programmes
from bot.prompts import Prompt, WrittenReply
from ingestion.model import IndexedPassage, Record, Slug, Trust

log = structlog.get_logger(__name__)


class Embedder(Protocol):
    """Embeds questions, float32[dimension], and texts, float32[n, dimension]; rows of unit length."""

    def embed_question(self, text: str) -> NDArray[float32]: ...

    def embed_passages(self, texts: Sequence[str]) -> NDArray[float32]: ...


class AnsweringIndex(PassageIndex, Protocol):
    """What answering reads of the index."""

    def trust(self) -> Trust: ...

    def frameworks(self) -> tuple[str, ...]: ...

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
    interpretation = interpret(question, trust=trust, frameworks=using.index.frameworks())
    match interpretation:
        case Redirect():
            return written_reply(interpretation, replies=using.replies, trust=trust)
        case Clarification():
            return NeedsDetail(interpretation.asks, using.replies["no_question"].fill(), interpretation.options)
        case StatementLookUp():
            quoted = quote_statements(interpretation, using.index)
            answer = verify(quoted, schools=(), trust=trust, today=today) if quoted else None
            return answer or _look_up(interpretation.fallback, question, using, trust=trust, today=today)
        case ProgrammeQuestion(lookup):
            records: list[Mapping[str, Any]] = [record.fields for record, _ in using.index.programmes()]
            offers = offer_programmes(lookup.query, records, today=today, expansions=lookup.expansions)
            return _look_up(lookup, question, using, trust=trust, today=today, offers=offers)
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
    vector = using.embedder.embed_question(". ".join((lookup.query, *lookup.expansions[:2])))
    evidence = retrieve(lookup, index=using.index, vector=vector, other_schools=_unasked(lookup, trust))
    coverage = _coverage(lookup, using.index)
    scored = score_units(lookup.query, evidence, vector=vector, embedder=using.embedder, coverage=coverage)
    confidence = judge(evidence, scored, coverage)
    if differs_by_school(evidence):
        labels = tuple((school.slug, school.name) for school in trust.schools)
        return NeedsDetail("school", using.replies["which_school"].fill(), labels)
    if confidence < MIN_CONFIDENCE and not offers:
        return no_evidence_reply(schools=lookup.schools, replies=using.replies, trust=trust, confidence=confidence)
    for draft in _drafts(lookup, question, evidence, scored, using):
        answer = verify(replace(draft, confidence=confidence), schools=lookup.schools, trust=trust, today=today, programmes=offers)
        if answer is not None:
            return answer
    return no_evidence_reply(schools=lookup.schools, replies=using.replies, trust=trust, confidence=confidence)


def _drafts(
    lookup: LookUp, question: Question, evidence: Evidence, scored: Sequence[ScoredUnit], using: Answering
) -> Sequence[Draft]:
    """The drafts to try in order: the chat model's where one is set and answers, then the quotations."""
    quoted = Draft(compose_quotations(scored, schools=lookup.schools))
    if using.chat_model is None:
        return [quoted]
    try:
        written = compose_with_model(question.text, evidence, model=using.chat_model, prompt=using.prompt)
    except ChatModelFailed as error:
        log.warning("chat_model_failed", reason=str(error))
        return [quoted]
    return [written, quoted] if written.claims else [quoted]


def _coverage(lookup: LookUp, index: PassageIndex) -> WordCoverage:
    return WordCoverage(lookup.query, lookup.expansions, index.word_weight(content_words(lookup.query)))


def _unasked(lookup: LookUp, trust: Trust) -> tuple[Slug, ...]:
    """The schools whose answer might differ: all of them when none is known; none otherwise."""
    return () if lookup.schools else tuple(school.slug for school in trust.schools)


__all__ = ["Answered", "Answering", "AnsweringIndex", "Embedder", "answer_question"]
