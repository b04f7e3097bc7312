"""A question in, an answer out: read `answer_question` and you know the bot.

Question ─interpret→ Interpretation ─find→ Evidence ─compose→ Draft ─verify→ Answer
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol, assert_never

import structlog

from bot.answering.agreement import AgreementSentences, load_agreement_sentences, weigh_sources
from bot.answering.compare import OwnDocuments, compare_schools
from bot.answering.compose import compose_quotations
from bot.answering.confidence import DOUBTFUL, MIN_CONFIDENCE, differs_by_school
from bot.answering.editions import notes_on_editions
from bot.answering.find import Embedder, Found, find
from bot.answering.interpret import clean_question, interpret
from bot.answering.parts import join_parts
from bot.answering.past import EditionIndex, PastSentences, load_past_sentences, quote_past
from bot.answering.redirects import Redirects
from bot.answering.replies import contact_line, no_evidence_reply, written_reply
from bot.answering.retrieve import PassageIndex
from bot.answering.rewrite import rewrite_with_model
from bot.answering.spelling import KnownWords
from bot.answering.trace import TraceNotes
from bot.answering.verify import school_name, verify
from bot.answering.write import ChatModel, OnSentence, closest_quotation, compose_with_model
from bot.errors import ChatModelFailed
from bot.frameworks.statements import Frameworks, StatementIndex, open_frameworks, quote_statements
from bot.model import (
    Answer,
    Answered,
    Clarification,
    Draft,
    Evidence,
    Interpretation,
    LookUp,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    ProgrammeQuestion,
    Question,
    Redirect,
    ScoredPassage,
    Several,
    StatementLookUp,
    Trace,
)
from bot.programmes.offers import offer_programmes
from bot.prompts import Prompt, WrittenReply
from bot.wording import answer_wording
from ingestion.model import IndexedPassage, PendingEdition, Record, Slug, Trust

log = structlog.get_logger(__name__)

MAX_PENDING = 2
SURE_ENOUGH = 0.5
"""Prose about a programme is quoted from this confidence on; below it, the programme's own record is."""


class AnsweringIndex(StatementIndex, PassageIndex, EditionIndex, Protocol):
    """What answering reads of the index."""

    def trust(self) -> Trust: ...

    def programmes(self, *, roles: Collection[str] = ()) -> list[tuple[Record, IndexedPassage]]: ...

    def matching_pending(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[PendingEdition]: ...


@dataclass(frozen=True)
class Answering:
    """What a question is answered with: wired once, in `bot.app`."""

    index: AnsweringIndex
    embedder: Embedder
    redirects: Redirects
    replies: Mapping[str, WrittenReply]
    prompt: Prompt
    chat_model: ChatModel | None = None
    rewrite_prompt: Prompt | None = None
    """With it, the chat model makes a follow-up stand alone; None: the rules alone do."""
    known_words: Callable[[], KnownWords | None] = lambda: None
    """The words of the documents, to read misspelt ones by; None: nothing is read as another word."""
    frameworks: Frameworks = field(default_factory=open_frameworks)
    agreement: AgreementSentences = field(default_factory=load_agreement_sentences)
    past: PastSentences = field(default_factory=load_past_sentences)


def answer_question(
    question: Question, using: Answering, *, today: date, on_sentence: OnSentence | None = None
) -> tuple[Answer, Trace]:
    """The answer to one question, and how it came about. Where a chat model fails, the quotations are the answer.

    `on_sentence` is handed a chat model's sentences while it writes, each checked; the answer may yet be another, when
    the model fails halfway.
    """
    notes = TraceNotes(embedding_model=using.embedder.name)
    asked = _Asked(question, using.index.trust(), today, notes, on_sentence)
    interpretation = _interpret(asked, using)
    match interpretation:
        case Redirect():
            answer: Answer = written_reply(interpretation, replies=using.replies, trust=asked.trust)
        case Clarification():
            answer = NeedsDetail(interpretation.asks, using.replies["no_question"].fill())
        case Several():
            whole = replace(asked, on_sentence=None)  # the parts are numbered anew once all are there
            parts = [(words, replace(whole, words=words), part) for words, part in interpretation.parts]
            answer = join_parts([(words, _answer_part(part, one, using)) for words, one, part in parts])
        case _:
            answer = _answer_part(interpretation, asked, using)
    if isinstance(answer, Answered):
        notes.made_by(answer.made_by)
    return answer, notes.freeze()


@dataclass(frozen=True)
class _Asked:
    """One question with what every step of its answer needs to know."""

    question: Question
    trust: Trust
    today: date
    notes: TraceNotes
    on_sentence: OnSentence | None = None
    words: str | None = None
    """Of several questions in the message, this one's own; None: the message is one question."""


def _interpret(asked: _Asked, using: Answering) -> Interpretation:
    """What the question turned out to be. A follow-up is made to stand alone by the chat model where one is set, but
    only once the rules have read it as something to look up: of what a written reply meets, no model is told."""
    question, notes = asked.question, asked.notes
    known = using.known_words()

    def read(rewritten: str | None = None) -> Interpretation:
        with notes.step("interpret"):
            return interpret(question, trust=asked.trust, redirects=using.redirects, known=known, rewritten=rewritten)

    interpretation = read()
    if isinstance(interpretation, LookUp | ProgrammeQuestion) and (rewritten := _rewritten(asked, using)):
        interpretation = read(rewritten)
    notes.interpreted(interpretation)
    return interpretation


def _rewritten(asked: _Asked, using: Answering) -> str | None:
    """The follow-up as the chat model makes it stand alone; None where there is nothing to rewrite, or nobody to."""
    question = asked.question
    if using.chat_model is None or using.rewrite_prompt is None or not question.history:
        return None
    with asked.notes.step("rewrite"):
        return rewrite_with_model(
            clean_question(question.text),
            [replace(turn, text=clean_question(turn.text)) for turn in question.history],
            model=using.chat_model,
            prompt=using.rewrite_prompt,
            trust=asked.trust,
            notes=asked.notes,
            is_redirected=lambda text: using.redirects.of(text) is not None,
        )


def _answer_part(part: LookUp | StatementLookUp | ProgrammeQuestion, asked: _Asked, using: Answering) -> Answer:
    match part:
        case StatementLookUp():
            return _quote_statements(part, asked, using) or _look_up_code(part, asked, using)
        case ProgrammeQuestion(lookup):
            return _look_up_programmes(lookup, asked, using)
        case LookUp():
            return _look_up(part, asked, using)
        case _:
            assert_never(part)


def _look_up(lookup: LookUp, asked: _Asked, using: Answering, *, offers: tuple[ProgrammeOffer, ...] = ()) -> Answer:
    """Find, compose, verify. Asks for the school where none is known and the answer would differ by it."""
    trust = asked.trust
    if lookup.by_school:
        return _compare(lookup, asked, using)
    if not lookup.schools and trust.schools:
        of_all = replace(lookup, schools=tuple(school.slug for school in trust.schools))
        beside = asked.notes.aside()  # unless it is asked which school, nothing of any school is shown
        everywhere = _find(of_all, replace(asked, notes=beside), using)
        if everywhere.confidence >= MIN_CONFIDENCE and differs_by_school(everywhere.scored):
            asked.notes.kept(beside)
            labels = tuple((school.slug, school.name) for school in trust.schools)
            return NeedsDetail("school", using.replies["which_school"].fill(), labels)
    found = _find(lookup, asked, using)
    if lookup.edition != "in_force" and (answer := _tell_past(found, asked, using)):
        return answer
    if found.confidence >= MIN_CONFIDENCE:
        for draft in _drafts(found, asked, using):
            answer = verify(
                replace(draft, confidence=found.confidence),
                schools=lookup.schools,
                trust=trust,
                today=asked.today,
                programmes=offers,
                roles=lookup.roles,
            )
            if answer is not None:
                told = _with_doubt(_with_pending(answer, lookup, using), asked)
                return _with_contact(weigh_sources(told, trust=trust, sentences=using.agreement), lookup, asked, using)
    return _nothing_found(found, asked, using)


def _nothing_found(found: Found, asked: _Asked, using: Answering) -> Answer:
    """That the documents do not say; and that there is a draft, where one is called what was asked about."""
    reply = no_evidence_reply(found, replies=using.replies, trust=asked.trust)
    notes = notes_on_editions((), _pending(found.lookup, using))
    told = replace(reply, sentence=" ".join((reply.sentence, *notes)))
    return _with_contact(told, found.lookup, asked, using)


def _with_pending(answer: Answered, lookup: LookUp, using: Answering) -> Answered:
    """The answer with what is to be said of editions that are not in force."""
    cited = {citation.path for citation in answer.citations}
    pending = _pending(lookup, using)
    replaced = [one.replaces for one in pending if one.replaces and one.replaces.path in cited]
    return replace(answer, notes=(*answer.notes, *notes_on_editions(replaced, pending)))


def _with_doubt(answer: Answered, asked: _Asked) -> Answered:
    """The answer with a word of doubt where it may well not be one."""
    if answer.confidence >= DOUBTFUL:
        return answer
    wording = answer_wording()
    doubt = wording.doubtful_part.format(asked=asked.words) if asked.words else wording.doubtful
    return replace(answer, notes=(*answer.notes, doubt))


def _pending(lookup: LookUp, using: Answering) -> list[PendingEdition]:
    meanings = [expansion.means for expansion in lookup.expansions]
    return using.index.matching_pending(
        lookup.query, schools=lookup.schools, limit=MAX_PENDING, expansions=meanings, roles=lookup.roles
    )


def _with_contact(answer: Answered | NoEvidence, lookup: LookUp, asked: _Asked, using: Answering) -> Answer:
    """The answer with whom to ring beneath it, where the question touches safeguarding."""
    if not lookup.touches_safeguarding:
        return answer
    school = lookup.schools[0] if len(lookup.schools) == 1 else None
    return replace(answer, contact_line=contact_line(school, replies=using.replies, trust=asked.trust))


def _tell_past(found: Found, asked: _Asked, using: Answering) -> Answer | None:
    """What the edition before said, or what changed; None where no document that was found has one."""
    with asked.notes.step("past"):
        told = quote_past(found, index=using.index, embedder=using.embedder, sentences=using.past)
    if told is None:
        return None
    lookup = found.lookup
    answer = verify(
        told.draft, schools=lookup.schools, trust=asked.trust, today=asked.today, roles=lookup.roles, past=True
    )
    return answer and replace(answer, notes=(*told.notes, *answer.notes))


def _compare(lookup: LookUp, asked: _Asked, using: Answering) -> Answer:
    """What each school's own documents say, beside each other, and the trust's."""
    of_trust = _find(replace(lookup, schools=()), asked, using)
    only_own = OwnDocuments(using.index)
    own = {slug: _find(replace(lookup, schools=(slug,)), asked, using, index=only_own) for slug in lookup.schools}
    draft, comparison = compare_schools(own, of_trust, trust=asked.trust)
    answer = verify(draft, schools=lookup.schools, trust=asked.trust, today=asked.today, roles=lookup.roles)
    if answer is None:
        surest = max((of_trust, *own.values()), key=lambda one: one.confidence)
        return _nothing_found(replace(surest, lookup=lookup), asked, using)
    compared = replace(answer, comparison=comparison)
    return weigh_sources(compared, trust=asked.trust, sentences=using.agreement)


def _look_up_programmes(lookup: LookUp, asked: _Asked, using: Answering) -> Answer:
    """The programmes that fit, beside what the prose says of them; their own records where the prose says nothing."""
    programmes = [
        (record, found)
        for record, found in using.index.programmes(roles=lookup.roles)
        if found.version.school is None or found.version.school in lookup.schools
    ]
    records: list[Mapping[str, Any]] = [record.fields for record, _ in programmes]
    meanings = [expansion.means for expansion in lookup.expansions]
    offers = offer_programmes(lookup.query, records, today=asked.today, expansions=meanings)
    answer = _look_up(lookup, asked, using, offers=offers)
    is_sure = isinstance(answer, Answered) and answer.confidence >= SURE_ENOUGH
    if not offers or is_sure or isinstance(answer, NeedsDetail):
        return answer
    passages = {record.key: found for record, found in programmes}
    quoted = [closest_quotation(offer.why, ScoredPassage(passages[offer.id], 0.0)) for offer in offers]
    draft = Draft(tuple(quoted), confidence=SURE_ENOUGH)
    told = verify(
        draft,
        schools=lookup.schools,
        trust=asked.trust,
        today=asked.today,
        programmes=offers,
        roles=lookup.roles,
    )
    return told or answer


def _quote_statements(part: StatementLookUp, asked: _Asked, using: Answering) -> Answered | None:
    """The framework statements asked for, whole, with what is to be said of them; None where there are none."""
    with asked.notes.step("statements"):
        quoted = quote_statements(
            part,
            index=using.index,
            embedder=using.embedder,
            using=using.frameworks,
            trust=asked.trust,
            today=asked.today,
        )
    if quoted is None:
        return None
    lookup = part.fallback
    answer = verify(quoted.draft, schools=lookup.schools, trust=asked.trust, today=asked.today, roles=lookup.roles)
    if answer is None or len(answer.citations) != len(quoted.draft.quotations):
        return None  # a list is given whole or not at all
    citations = [
        citation if same is None else replace(citation, says_as=answer.citations[same].number)
        for citation, same in zip(answer.citations, quoted.repeats, strict=True)
    ]
    return replace(answer, citations=tuple(citations), notes=(*quoted.notes, *answer.notes))


def _look_up_code(part: StatementLookUp, asked: _Asked, using: Answering) -> Answer:
    """A code that no framework record has, looked for in prose: an answer only if it quotes the code."""
    answer = _look_up(part.fallback, asked, using)
    if not part.codes or not isinstance(answer, Answered):
        return answer
    spelt = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, part.codes))})(?!\.?\w)", re.IGNORECASE)
    if any(spelt.search(citation.quote) for citation in answer.citations):
        return answer
    nothing = Found(part.fallback, Evidence(), scored=(), confidence=0.0, readings={})
    return _nothing_found(nothing, asked, using)


def _find(lookup: LookUp, asked: _Asked, using: Answering, *, index: PassageIndex | None = None) -> Found:
    return find(lookup, index=index or using.index, embedder=using.embedder, trust=asked.trust, notes=asked.notes)


def _drafts(found: Found, asked: _Asked, using: Answering) -> Sequence[Draft]:
    """The drafts to try in order: the chat model's where one is set and answers, then the quotations."""
    with asked.notes.step("compose"):
        quoted = compose_quotations(found)
    if using.chat_model is None:
        return [quoted]
    try:
        with asked.notes.step("write"):
            words = _spoken_question(found.lookup, asked)
            written = compose_with_model(
                words,
                found.evidence,
                lookup=found.lookup,
                model=using.chat_model,
                prompt=using.prompt,
                trust=asked.trust,
                notes=asked.notes,
                on_sentence=asked.on_sentence,
            )
    except ChatModelFailed as error:
        log.warning("chat_model_failed", reason=str(error))
        return [quoted]
    return [written, quoted] if written.claims else [quoted]


def _spoken_question(lookup: LookUp, asked: _Asked) -> str:
    """The question as a model is asked it: with the one it follows on, and the schools it is about."""
    spoken = lookup.query if asked.question.history else asked.words or asked.question.text
    names = [school_name(slug, asked.trust) for slug in lookup.schools]
    return f"{spoken} (asked about {' and '.join(names)})" if names else spoken
