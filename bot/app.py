"""How are the parts wired together? Once, here: settings → adapters → services.

Importing this module loads no model and opens nothing. The heavy libraries come in when something needs them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from bot.answering.answer import Answering, answer_question
from bot.answering.chat_model import ChatLimits, LangChainChatModel
from bot.answering.redirects import Redirects
from bot.answering.redirects.reading import TrainedReader, changes
from bot.answering.remembering import RememberingEmbedder
from bot.answering.retrieve import retrieve
from bot.answering.schools import schools_named
from bot.answering.spelling import CurrentWords
from bot.answering.wider_words import widen
from bot.answering.write import OnSentence
from bot.errors import StaffroomError, UnknownSchool
from bot.frameworks.statements import warm_up
from bot.model import Failed, LookUp, Question, Reply, ScoredPassage
from bot.prompts import Prompt, load_prompt, load_replies
from bot.settings import Settings
from bot.status import CorpusStatus, corpus_status
from bot.wording import answer_wording
from ingestion.embed import Embedder, open_embedder
from ingestion.index import Index, open_index
from ingestion.model import Hit, School, Trust

log = structlog.get_logger(__name__)

LONDON = ZoneInfo("Europe/London")


def today_in_school() -> date:
    """The date where the schools are."""
    return datetime.now(LONDON).date()


class Staffroom:
    """The bot, ready to answer: one open index, one embedding model, at most one chat model. Safe to call from
    threads."""

    def __init__(self, settings: Settings, *, today: Callable[[], date] = today_in_school) -> None:
        """Raises SettingsError or IndexUnavailable, each a sentence with the mend."""
        self.settings = settings
        self._today = today
        self._embedder = RememberingEmbedder(embedder_of(settings))
        self._index = open_reading_index(settings, model=self._embedder.name)
        self._replies = load_replies()
        answer_wording()  # a sentence that is missing is told now, not with the first answer
        self._answering = Answering(
            index=self._index,
            embedder=self._embedder,
            redirects=redirects_of(settings),
            replies=self._replies,
            prompt=prompt_of("compose", settings),
            chat_model=chat_model_of(settings),
            rewrite_prompt=prompt_of("rewrite", settings),
            known_words=CurrentWords(self._index),
        )

    @property
    def trust(self) -> Trust:
        """The trust as of the last refresh."""
        return self._index.trust()

    def answer(self, question: Question, *, on_sentence: OnSentence | None = None) -> Reply:
        """The reply to one question. Never raises: what breaks becomes `Failed`, with a reference that the log has.

        `on_sentence` is handed a chat model's sentences while it writes, each checked; the reply holds them again, or
        the quotations, where the model failed halfway.
        """
        try:
            return self.answer_or_raise(question, on_sentence=on_sentence)
        except UnknownSchool as error:
            return Reply(Failed(str(error), reference=""), question_id=question.id)
        except StaffroomError as error:
            reference = uuid4().hex[:8]
            log.warning("answer_failed", reference=reference, reason=str(error))
            return self._failed(question, reference)

    def answer_or_raise(self, question: Question, *, on_sentence: OnSentence | None = None) -> Reply:
        """As `answer`, for somebody who can mend what is wrong: raises StaffroomError with the mend."""
        started = time.perf_counter()
        self.check_school(question.asker.school)
        try:
            answer, trace = answer_question(question, self._answering, today=self._today(), on_sentence=on_sentence)
        except StaffroomError:
            raise
        except Exception as error:  # a person is waiting: whatever broke, she gets a sentence and the log gets the rest
            reference = uuid4().hex[:8]
            log.exception("answer_failed", reference=reference, error=type(error).__name__)
            return self._failed(question, reference)
        took_ms = (time.perf_counter() - started) * 1000
        log.info("answered", outcome=type(answer).__name__, took_ms=round(took_ms, 1))
        return Reply(answer, took_ms=took_ms, question_id=question.id, trace=trace)

    def _failed(self, question: Question, reference: str) -> Reply:
        return Reply(Failed(self._replies["failed"].fill(reference=reference), reference), question_id=question.id)

    def search(
        self, query: str, *, school: School = None, limit: int = 10, roles: tuple[str, ...] = ()
    ) -> list[ScoredPassage]:
        """The passages found for a query, best first: of the trust, and of the school given or named in the query;
        none of a document that is limited to others than `roles`."""
        self.check_school(school)
        trust = self.trust
        schools = schools_named(query, trust) or ((school,) if school else ())
        lookup = LookUp(query, schools, widen(query, trust.acronyms), roles=roles)
        return list(retrieve(lookup, index=self._index, embedder=self._embedder, kept=limit).kept)

    def nearest(self, query: str, *, school: School = None, limit: int = 10) -> list[Hit]:
        """The passages nearest in meaning alone: what a plain vector search would give, to measure the rest against."""
        vector = self._embedder.embed_question(query)
        return self._index.nearest(vector, schools=(school,) if school else (), limit=limit)

    def status(self) -> CorpusStatus:
        """The health of the corpus as of now."""
        return read_status(self._index, today=self._today())

    def warm_up(self) -> None:
        """Loads the models, and learns the framework statements, so that the first asker does not wait."""
        self._embedder.embed_question("warm up")
        self._answering.known_words()
        self._answering.redirects.of("warm up")
        warm_up(self._answering.frameworks, index=self._index, embedder=self._embedder)

    def close(self) -> None:
        self._index.close()

    def check_school(self, school: School) -> None:
        """Raises UnknownSchool when the trust has no such school; the sentence lists those it has."""
        trust = self.trust
        if school is not None and trust.school(school) is None:
            known = ", ".join(one.slug for one in trust.schools)
            raise UnknownSchool(
                f"There is no school {str(school)!r} in trust.toml; the schools are: {known}."
                if known
                else f"There is no school {str(school)!r}: without a trust.toml every document is trust-wide."
            )


def open_reading_index(settings: Settings, *, model: str | None) -> Index:
    """The index of these settings, to read. Raises IndexUnavailable with the mend."""
    return open_index(
        data=settings.data,
        database_url=settings.database_url,
        chroma_url=str(settings.chroma_url) if settings.chroma_url else None,
        model=model,
    )


def read_status(index: Index, *, today: date) -> CorpusStatus:
    """The health of the corpus in an open index."""
    return corpus_status(
        index.versions(),
        trust=index.trust(),
        failures=index.failures(),
        warnings=index.warnings(),
        due_to_start=index.overdue_switches(today),
        passages=index.passage_count(),
        last_refresh=index.last_refresh(),
        is_held=index.is_held(),
        sources_down=index.sources_down(),
        today=today,
    )


def embedder_of(settings: Settings) -> Embedder:
    """The embedding model of these settings; its weights are loaded by the first text. Raises SettingsError."""
    return open_embedder(settings.embedding_model, precision=settings.embedding_precision)


def redirects_of(settings: Settings) -> Redirects:
    """What reads every message before it is looked up: always the bundled weights, whichever model the search has."""
    embedder = open_embedder(precision=settings.embedding_precision, changes=("redirects", changes))
    return Redirects(TrainedReader(embedder))


def chat_model_of(settings: Settings, *, retries: int | None = None) -> LangChainChatModel | None:
    """The chat model of these settings; None where none is set. Raises SettingsError with the mend."""
    if settings.chat_model is None:
        return None
    base_url = str(settings.chat_base_url) if settings.chat_base_url else None
    limits = ChatLimits(
        timeout_seconds=settings.chat_timeout_seconds,
        retries=settings.chat_retries if retries is None else retries,
        pause_after_failures=settings.chat_pause_after_failures,
        pause_seconds=settings.chat_pause_seconds,
    )
    return LangChainChatModel(settings.chat_model, base_url=base_url, limits=limits)


def prompt_of(step: str, settings: Settings) -> Prompt:
    """A step's prompt with the caps of these settings."""
    return load_prompt(step).capped(
        max_input_tokens=settings.chat_max_input_tokens, max_output_tokens=settings.chat_max_output_tokens
    )
